/// `--fast`: the same run against the same simulated provider with all times divided by `Fast.factor`.
///
/// Numbers of requests, levels and widths stay, and so rates rise tenfold; holds, settling, idle times, gaps and pauses shrink, and so do the
/// provider's (`Scenario.timeScale`). A steady phase is cut to `Fast.longestSteady` beyond that: two hours divided by
/// ten are no quick look. Timeouts and the drain's grace only bound what may go wrong and stay as they are.
public enum Fast {
    public static let factor = 10
    public static let longestSteady = Duration.seconds(30)
}

extension PhaseShape {
    public func fast() -> PhaseShape {
        switch self {
        case .ramp(var ramp):
            ramp.hold /= Fast.factor
            ramp.settle /= Fast.factor
            ramp.holdMax /= Fast.factor
            return .ramp(ramp)
        case .idle(let duration):
            return .idle(duration / Fast.factor)
        case .burst(var burst):
            burst.idle /= Fast.factor
            burst.hold /= Fast.factor
            burst.pause /= Fast.factor
            return .burst(burst)
        case .steady(var steady):
            steady.duration = min(steady.duration / Fast.factor, Fast.longestSteady)
            steady.settle /= Fast.factor
            return .steady(steady)
        case .rate(let rate):
            return .rate(rate.fast())
        case .replay(let replay):
            return .replay(replay.fast())
        case .probe(var probe):
            probe.gap /= Fast.factor
            return .probe(probe)
        }
    }
}

extension Scenario {
    public func fast() -> Scenario {
        var fast = self
        fast.timeScale /= Double(Fast.factor)
        return fast
    }
}
