/// What a gateway adds and what it does not pass on.
enum GatewayHeadline {
    /// nil where the target is no gateway that was seen beside its target.
    static func candidate(_ name: String, _ comparison: ComparisonResult) -> Headline.Candidate? {
        guard let gateway = comparison.gateways.first(where: { $0.target == name }) else { return nil }
        let deeds = gateway.findings.compactMap(\.deed)
        let failures = gateway.failures.flatMap(words)
        guard gateway.ttft != nil || failures != nil || !deeds.isEmpty else { return nil }
        var text = name
        if let ttft = gateway.ttft {
            text += " " + words(ttft, gateway)
            if let gap = gateway.gap { text += ", \(gap.short) ms per gap" }
        } else {
            text += " has no answers to compare"
        }
        if let failures { text += "; \(failures)" }
        let passed = gateway.findings.filter { $0.verdict == .passedOn }.map(\.property.rawValue)
        if !deeds.isEmpty {
            text += "; it " + listed(deeds)
        } else if !passed.isEmpty {
            text += "; it passes on \(listed(passed)) unchanged"
        }
        let figures = ["gateways.added_ttft_ms", "gateways.added_gap_ms", "gateways.failures", "gateways.fidelity"]
        return Headline.Candidate(1, text + ".", figures: figures)
    }

    /// "adds 3.1 ms to TTFT (2.9 to 3.4)".
    private static func words(_ ttft: GatewayResult.Added, _ gateway: GatewayResult) -> String {
        let words = ttft.words
        guard let ends = words.ends, let interval = ttft.interval else {
            return "adds \(words.value) ms to TTFT (no interval: "
                + "\(gateway.looks) \(gateway.lookUnit), \(RatioEstimate.fewestLooks) are needed)"
        }
        let range = "\(ends.lower) to \(ends.upper)"
        if interval.contains(0) { return "adds no TTFT that could be shown (\(words.value) ms, \(range))" }
        if ttft.value < 0 { return "changes TTFT by \(words.value) ms (\(range)), sooner than \(gateway.direct)" }
        return "adds \(words.value) ms to TTFT (\(range))"
    }

    /// nil where no difference was shown.
    private static func words(_ failures: GatewayResult.Failures) -> String? {
        guard let low = failures.interval.lower, let high = failures.interval.upper, low > 0 || high < 0 else {
            return nil
        }
        let (more, ends) = failures.added > 0 ? ("more", (low, high)) : ("fewer", (-high, -low))
        return
            "\(percent(abs(failures.added))) % \(more) of its requests fail (\(percent(ends.0)) to \(percent(ends.1)))"
    }

    private static func percent(_ share: Double) -> String { GatewayResult.Added.fixed(100 * share, 1) }

    private static func listed(_ parts: [String]) -> String {
        parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
    }
}
