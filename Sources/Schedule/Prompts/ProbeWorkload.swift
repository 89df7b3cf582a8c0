extension Workload {
    /// Most output tokens of a probe beside a load: only its first one matters.
    public static let probeTokens = 16

    /// What single probes beside a load ask: prompts as long as the load's, each alone, with short answers.
    /// - Parameter replay: the trace that the load replays, if it does: its lengths then, spread over its rows.
    public func probing(beside replay: Replay? = nil) -> Workload {
        var probes = self
        probes.conversations = nil
        probes.impatience = nil
        probes.expectation = nil
        probes.maxTokens = .fixed(min(Self.probeTokens, maxTokens.greatest))
        for place in probes.mix.indices { probes.mix[place].workload = mix[place].workload.probing() }
        if case .list(var prompts) = source {
            for place in prompts.indices {
                prompts[place].maxTokens = prompts[place].maxTokens.map { min(Self.probeTokens, $0) }
                prompts[place].expectation = nil
            }
            probes.source = .list(prompts)
        }
        if let replay, replay.count > 0, replay.trace.saysTokens {
            let stride = max(1, replay.count / Self.mostLengths)
            let lengths = Swift.stride(from: 0, to: replay.count, by: stride).compactMap {
                replay.trace[$0].inputTokens
            }
            probes.mix = []
            probes.sharedPrefix = 0
            probes.cache = .avoid
            probes.source = .synthetic(inputTokens: lengths.max() ?? 1)
            probes.inputLength = .list(lengths)
        }
        return probes
    }

    private static let mostLengths = 1000
}

extension PhasePlan {
    /// The trace that it replays.
    public var replay: Replay? { stages.lazy.compactMap(\.replay).first }
}
