extension RequestStatistics.Cost {
    /// What the requests cost; throws out why nobody can say it.
    ///
    /// By tokens, each request at the price of the model and the tier that served it: input, input from the cache and into
    /// it, output and reasoning, of every attempt that told them: failed, retried and useless ones are paid for like the
    /// others. By the hour: the price of the window's time, spread over what came in it.
    init(of requests: RequestSet, useful: Int, in scope: StatisticsScope) throws(RequestStatistics.CostGap) {
        if let perHour = scope.target.dollarsPerHour, perHour >= 0, perHour.isFinite {
            guard let window = scope.window ?? scope.hired, window.seconds > 0 else { throw .noWindow }
            self.init(dollars: perHour * window.seconds / 3600)
            basis = .hours
            divide(tokens: Double(window.streamedTokens), requests: window.ended, useful: window.useful)
            dollarsPerUsefulInterval = Self.interval(dollars: dollars, useful: window.useful, of: window.ended)
            return
        }
        guard var prices = PriceBook(scope.target) else { throw .noPrice }
        var costs: [(dollars: Double, useful: Double)] = []
        var total = 0.0
        var tokens = 0.0
        var wasted = 0.0
        var untold = 0
        let sent = requests.only { $0.dispatchLag != nil }
        if sent.contains(where: { $0.outcomeClass == .success && $0.tokenSource != .usage }) { throw .noUsage }
        var gap: RequestStatistics.CostGap?
        sent.forEach { request in
            let success = request.outcomeClass == .success
            // It broke off: what came of it is counted by events, and its input nobody told.
            if request.tokenSource != .usage, let status = request.httpStatus, (200..<300).contains(status) {
                untold += 1
            }
            var dollars = 0.0
            do throws(RequestStatistics.CostGap) { dollars = try prices.dollars(for: request) } catch {
                gap = gap ?? error
            }
            let isUseful = success && request.useful
            total += dollars
            tokens += Double(request.countedOutputTokens ?? 0)
            if !isUseful { wasted += dollars }
            costs.append((dollars, isUseful ? 1 : 0))
        }
        if let gap { throw gap }
        guard !costs.isEmpty, total.isFinite else { throw .noRequest }
        self.init(dollars: total)
        dollarsNotUseful = wasted
        requestsWithoutUsage = untold
        divide(tokens: tokens, requests: costs.count, useful: useful)
        dollarsPerUsefulInterval = Self.interval(ofRatio: costs, blocks: sent.designEffect())
    }

    private mutating func divide(tokens: Double, requests: Int, useful: Int) {
        if tokens > 0 { dollarsPerMillionOutputTokens = dollars / tokens * 1e6 }
        if requests > 0 { dollarsPerRequest = dollars / Double(requests) }
        if useful > 0 { dollarsPerUsefulResult = dollars / Double(useful) }
    }

    /// The 95 % interval of a ratio of means: the wider, at each end, of two.
    ///
    /// Linearisation (Cochran, "Sampling Techniques", 6.3) knows how costs and usefulness go together, but shrinks to
    /// nothing where all answers were useful and cost the same; Wilson's interval of the useful share does not. nil under
    /// five requests or without a useful one.
    static func interval(
        ofRatio costs: [(dollars: Double, useful: Double)],
        blocks: DesignEffect? = nil
    ) -> ConfidenceInterval? {
        let n = Double(costs.count)
        let useful = costs.reduce(0) { $0 + $1.useful }
        guard costs.count >= Bootstrap.fewestSamples, useful > 0 else { return nil }
        let dollars = costs.reduce(0) { $0 + $1.dollars }
        let ratio = dollars / useful
        let squares = costs.reduce(0) { sum, cost in
            let residual = cost.dollars - ratio * cost.useful
            return sum + residual * residual
        }
        let ratioEffect = blocks?.factor { costs[$0].dollars - ratio * costs[$0].useful } ?? 1
        let half = 1.959963984540054 * (squares * n / (n - 1) * ratioEffect).squareRoot() / useful
        let shareEffect = blocks?.factor { costs[$0].useful - useful / n } ?? 1
        guard half.isFinite,
            let share = interval(dollars: dollars, useful: Int(useful), of: costs.count, effect: shareEffect)
        else { return nil }
        return ConfidenceInterval(
            lower: min(share.lower ?? 0, max(0, ratio - half)),
            upper: share.upper.map { max($0, ratio + half) }
        )
    }

    /// A fixed sum over so many of so many requests: Wilson's interval of the share, turned into dollars. Given how many
    /// requests ended; nil without a useful one.
    private static func interval(
        dollars: Double,
        useful: Int,
        of requests: Int,
        effect: Double = 1
    ) -> ConfidenceInterval? {
        guard useful > 0, requests >= max(useful, Bootstrap.fewestSamples),
            let share = Measurement.Proportion(useful, of: requests).wilson(effect: effect)
        else { return nil }
        let each = dollars / Double(requests)
        let bound = { (share: Double?) -> Double? in share.flatMap { $0 > 0 ? each / $0 : nil } }
        return ConfidenceInterval(lower: bound(share.upper), upper: bound(share.lower))
    }
}
