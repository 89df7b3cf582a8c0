/// What happened to the run on the other side: nothing came, nothing listened, the target refused.
enum IncidentHeadline {
    /// The longest of each kind, and how many more there were.
    static func candidates(_ target: TargetResult) -> [Headline.Candidate] {
        let incidents = target.phases.flatMap(\.incidents)
        return [IncidentRecord.Kind.outage, .silence].compactMap { kind in
            let all = incidents.filter { $0.kind == kind }
            guard let longest = all.max(by: { $0.lengthSeconds < $1.lengthSeconds }), let text = longest.sentence else {
                return nil
            }
            let more =
                all.count < 2
                ? "" : all.count == 2 ? "; it happened once more" : "; it happened \(all.count - 1) more times"
            return Headline.Candidate(0, "\(text)\(more).", figures: ["incidents"])
        }
    }
}

extension IncidentResult {
    public var lengthSeconds: Double { (endSeconds ?? startSeconds) - startSeconds }

    /// In words, without its full stop; nil for what concerns nobody but the load generator.
    public var sentence: String? {
        let at = inTime(seconds: startSeconds)
        let length = endSeconds.map { " for \(inTime(seconds: $0 - startSeconds))" } ?? ""
        switch kind {
        case .silence:
            let whom =
                switch (streams, of) {
                case (let streams?, let of?) where streams == of:
                    streams == 1 ? " on the one stream" : streams == 2 ? " on both streams" : " on all \(of) streams"
                case (let streams?, let of?): " on \(streams) of \(of) streams"
                default: ""
                }
            let side = side == .server ? "; the load generator ran meanwhile: server or network" : ""
            return "At \(at) nothing came\(length)\(whom)\(side)"
        case .outage:
            let tried = attempts.map { " (\(inCount($0, "attempt")) failed)" } ?? ""
            return (endSeconds == nil ? "From \(at) to the end" : "At \(at)") + " the target was down\(length)\(tried)"
        case .throttling: return "At \(at) the target turned requests away\(length) (limits or overload)"
        case .pause: return "At \(at) somebody paused the run\(length): nothing of that is measured time"
        case .skip: return "At \(at) somebody ended the phase before its plan did"
        case .clientStop, .suspend, .clockStep, .interrupt, .limit, .store, .unusable, .lateWindow, .resume: return nil
        }
    }
}
