/// `--fast`: the same run against the same simulated provider with all times divided by `Fast.factor`.
///
/// Numbers of requests, levels and widths stay, and so rates rise tenfold; holds, settling, idle times, gaps,
/// pauses, the patience of users and the time they think shrink, and so do the provider's times (`Scenario.timeScale`). A steady phase is cut to `Fast.longestSteady` beyond that: two hours divided by
/// ten are no quick look. A search for the keep-warm time is made of waiting, and is divided by `Fast.keepwarmFactor`, with
/// all the rest of its run. Timeouts and the drain's grace only bound what may go wrong and stay as they are.
public enum Fast {
    public static let factor = 10
    public static let keepwarmFactor = 100
    public static let longestSteady = Duration.seconds(30)
}

extension Workload {
    /// What its users wait for shrinks as everything else does.
    public func fast(by factor: Int = Fast.factor) -> Workload {
        var fast = self
        let share = 1 / Double(factor)
        fast.impatience?.after = impatience?.after.scaled(by: share) ?? .constant(.zero)
        fast.conversations?.think = conversations?.think.scaled(by: share) ?? .constant(.zero)
        return fast
    }
}

extension Scenario {
    public func fast(by factor: Int = Fast.factor) -> Scenario {
        var fast = self
        fast.timeScale /= Double(factor)
        return fast
    }
}
