extension RequestStatistics.Cost {
    /// What the requests cost; nil when no price is known, or when a success did not tell its tokens.
    ///
    /// By tokens: input, cached input at its own price (the input's where none is given) and output, of every request
    /// that told them, failed ones included. By the hour: the price of the window's time, spread over what came in it.
    init?(of requests: RequestSet, useful: Int, in scope: StatisticsScope) {
        if let perHour = scope.target.dollarsPerHour, perHour >= 0, perHour.isFinite {
            guard let window = scope.window ?? scope.hired, window.seconds > 0 else { return nil }
            self.init(dollars: perHour * window.seconds / 3600)
            divide(byTokens: Double(window.streamedTokens), useful: Double(window.useful))
            return
        }
        guard let prices = TokenPrices(scope.target) else { return nil }
        var costs: [(dollars: Double, useful: Double)] = []
        var total = 0.0
        var tokens = 0.0
        for request in requests {
            let success = request.outcome.class == .success
            if success, request.tokenSource != .usage { return nil }
            let dollars = prices.dollars(for: request)
            total += dollars
            tokens += Double(request.countedOutputTokens ?? 0)
            costs.append((dollars, success && request.useful ? 1 : 0))
        }
        guard !costs.isEmpty, total.isFinite else { return nil }
        self.init(dollars: total)
        divide(byTokens: tokens, useful: Double(useful))
        dollarsPerUsefulInterval = Self.interval(ofRatio: costs)
    }

    private mutating func divide(byTokens tokens: Double, useful: Double) {
        if tokens > 0 { dollarsPerMillionOutputTokens = dollars / tokens * 1e6 }
        if useful > 0 { dollarsPerUsefulResult = dollars / useful }
    }

    /// The 95 % interval of a ratio of means by linearisation (Cochran, "Sampling Techniques", 6.3); nil under two
    /// requests or without a useful one.
    private static func interval(ofRatio costs: [(dollars: Double, useful: Double)]) -> ConfidenceInterval? {
        let n = Double(costs.count)
        let useful = costs.reduce(0) { $0 + $1.useful }
        guard n > 1, useful > 0 else { return nil }
        let ratio = costs.reduce(0) { $0 + $1.dollars } / useful
        let squares = costs.reduce(0) { sum, cost in
            let residual = cost.dollars - ratio * cost.useful
            return sum + residual * residual
        }
        let half = 1.959963984540054 * (squares * n / (n - 1)).squareRoot() / useful
        guard half.isFinite else { return nil }
        return ConfidenceInterval(lower: max(0, ratio - half), upper: ratio + half)
    }
}

/// Dollars per million tokens.
private struct TokenPrices {
    var input: Double
    var cachedInput: Double
    var output: Double

    /// nil unless input and output are both priced.
    init?(_ target: TargetRecord) {
        guard let input = target.inputPrice, let output = target.outputPrice else { return nil }
        self.input = input
        self.output = output
        cachedInput = target.cachedInputPrice ?? input
    }

    func dollars(for request: RequestRecord) -> Double {
        let read = Double(max(0, request.inputTokens ?? 0))
        let cached = min(read, Double(max(0, request.cachedInputTokens ?? 0)))
        let written = Double(request.countedOutputTokens ?? 0)
        return ((read - cached) * input + cached * cachedInput + written * output) / 1e6
    }
}
