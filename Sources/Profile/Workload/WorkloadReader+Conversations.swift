import Schedule
import Ticks
import Wire

extension WorkloadReader {
    /// `{turns: 5, think: 2s}`; both may be drawn: turns as lengths are, think as a scenario's times.
    func conversations(_ value: YAMLValue) -> Workload.Conversations? {
        var keys = MapReader(value, path: "workload.conversation", log: log, allowed: "{turns: 5, think: 2s}")
        let turns = keys.take("turns")
            .flatMap { $0.tokenLength(keys.path(of: "turns"), log, longest: Workload.Conversations.mostTurns) }
        let think = keys.take("think").map { $0.distribution(keys.path(of: "think"), log) } ?? .constant(.zero)
        let session = keys.take("session").flatMap { self.session($0, path: keys.path(of: "session")) }
        if !keys.has("turns") { keys.require("turns", "how many questions, e.g. 5 or {uniform: [2, 8]}") }
        keys.finish()
        guard let turns, let think else { return nil }
        return .init(turns: turns, think: think, session: session)
    }

    /// `true` = as the target's preset knows.
    private func session(_ value: YAMLValue, path: String) -> Workload.Conversations.Session? {
        switch value.plain {
        case "true": return .preset
        case "false": return nil
        case .some:
            log.report(
                value.place,
                path,
                "read \(value.shown); allowed: true (the preset's own), \(SessionReader.allowed)"
            )
            return nil
        case nil:
            switch SessionReader(log: log).read(value, path: path) {
            case .header(let name): return .header(name)
            case .body(let name): return .body(name)
            case .echo(let name): return .echo(name)
            case nil: return nil
            }
        }
    }
}

extension ProfileReader {
    /// Users who ask again need a place that stays theirs.
    func checkConversations(_ profile: Profile) {
        guard profile.workload.conversations != nil else { return }
        let key = "workload.conversation"
        for shape in profile.phases {
            if case .rate(let rate) = shape, rate.maxConcurrency != nil {
                let message = "a rate with max_concurrency keeps no place for later turns; allowed: a rate without it"
                log.report(document.place(of: key), key, message)
            }
            // Where nothing is sent nobody waits for a later turn.
            let stages = shape.stages(grace: .zero).filter { $0.hasWindow || $0.kind == .warmup }
            if !stages.isEmpty, !stages.contains(where: \.takesConversations) {
                let message = "a \(shape.kind.rawValue) phase has no later turns; allowed: ramp, steady, rate and idle"
                log.report(document.place(of: key), key, message)
            }
        }
    }
}
