/// How long a server stays warm without traffic.
enum KeepwarmHeadline {
    static func candidates(_ phase: PhaseResult) -> [Headline.Candidate] {
        guard let result = phase.keepwarm else { return LoadHeadline(phase).candidates }
        guard result.isTold else {
            return [
                Headline.Candidate(
                    1,
                    "No answer on how long the server stays warm: the load generator disturbed the probes.",
                    trust: .disturbed
                )
            ]
        }
        let row = NamedRow(name: phase.label, validity: phase.rowValidity)
        return [
            Headline.Candidate.resting(on: [row], 1, result.finding, figures: ["\(phase.name).warm_up_to_s"]),
            result.coldPenaltyMilliseconds.flatMap { penalty in
                penalty > 0
                    ? .resting(
                        on: [row],
                        2,
                        "A cold answer's first token comes \(inTime(milliseconds: penalty)) later than a warm one's.",
                        figures: ["\(phase.name).cold_penalty"]
                    ) : nil
            },
        ].compactMap(\.self)
    }
}

extension KeepwarmResult {
    /// One sentence.
    public var finding: String {
        let half = medianSeconds.map { "; half of the probes are cold after \(inTime(seconds: $0))" } ?? ""
        return switch (warmUpToSeconds, coldFromSeconds) {
        case (let warm?, let cold?):
            "Warm after \(inTime(seconds: warm)) without a request, cold at times from \(inTime(seconds: cold)) on\(half)."
        case (let warm?, nil):
            "None of \(inCount(probes, "probe")) met a cold server, after pauses of up to \(inTime(seconds: warm))."
        case (nil, let cold?):
            "Cold at times after \(inTime(seconds: cold)) already, the shortest pause that was tried\(half)."
        case (nil, nil): "When the server goes cold cannot be told."
        }
    }
}
