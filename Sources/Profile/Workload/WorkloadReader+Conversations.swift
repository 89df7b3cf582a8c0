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
    /// Answers are kept by prompt, and a conversation has several.
    func checkConversations(_ profile: Profile) {
        guard profile.workload.conversations != nil else { return }
        for case .batch(let batch) in profile.phases where batch.keepsAnswers {
            let message =
                "a batch that keeps its answers has one for each prompt, and a conversation several; allowed: answers: false"
            log.report(document.place(of: "workload.conversation"), "workload.conversation", message)
        }
    }

    /// What is sent ahead must be what prompts share.
    func checkPriming(_ profile: Profile) {
        guard profile.workload.primes else { return }
        let key = "workload.prompts.prime"
        func report(_ message: String) { log.report(document.place(of: key), key, message) }
        if profile.workload.sharedBeginnings == 0 {
            report(
                "read \"true\", and no two prompts begin alike; allowed with synthetic.shared_prefix above 0, with cache: allow, "
                    + "or with a list or file whose prompts begin alike and cache: allow"
            )
        }
        let traces = profile.phases.compactMap { if case .replay(let replay) = $0 { replay.trace } else { nil } }
        if !traces.isEmpty, traces.count == profile.phases.count(where: { $0.kind != .idle }),
            traces.allSatisfy(\.saysTokens)
        {
            report("read \"true\", and a trace has prompts of its own; allowed: a phase with prompts of the workload")
        }
    }
}
