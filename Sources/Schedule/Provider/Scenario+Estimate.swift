/// How long a simulated provider's answers usually take: what its scenario says of an unhurried day.
extension Scenario {
    /// From the request to the end, `width` requests being in flight: its queue, its prompt, its tokens step by step.
    public func usualAnswer(to workload: Workload, among width: Int) -> Duration {
        let scenario = scaled()
        let replicas = max(1, replicasMax)
        let active = min(slotsPerReplica, max(1, (width + replicas - 1) / replicas))
        var tokens = Double(workload.maxTokens.mean)
        if let stopsAfter, !workload.ignoreEOS {
            tokens = min(tokens, Double(stopsAfter.lowerBound + stopsAfter.upperBound) / 2)
        }
        let steps = (tokens / Double(max(1, tokensPerStep))).rounded(.up)
        let served =
            scenario.prefill.duration(promptTokens: workload.longestPrompt)
            + scenario.step.duration(active: active) * steps
        return max(.milliseconds(1), served * max(1, Double(width) / Double(replicas * slotsPerReplica)))
    }

    /// What the first request after a long idle time waits besides.
    public var usualColdStart: Duration { replicasMin == 0 ? scaled().coldStart.median : .zero }
}
