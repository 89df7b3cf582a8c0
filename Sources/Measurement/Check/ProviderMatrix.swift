/// Models by providers: what each pair offered, and whether the order of the providers depends on the model.
public struct ProviderMatrix: Sendable, Hashable {
    public struct Cell: Sendable, Hashable {
        public var target = ""
        public var provider = ""
        public var model = ""  // as `family` names it
        public var unusable = false
        public var stats = RequestStatistics()

        public init() {}
    }

    /// One figure by which two providers change places from one model to another.
    public struct Flip: Sendable, Hashable {
        public var metric: String  // ttft or usd_per_useful_result
        public var providers: [String]  // two: the first leads at the first model, the second at the second
        public var models: [String]
        public var values: [[Double]]  // by model, of both providers
    }

    public var providers: [String] = []  // in order of appearance
    public var models: [String] = []
    public var cells: [Cell] = []

    public init() {}

    /// Cells of one provider and model that are several targets are told apart by their names.
    public init(cells: [Cell]) {
        let pairs = Dictionary(grouping: cells) { [$0.provider, $0.model] }
        let cells = cells.map { cell in
            var cell = cell
            if (pairs[[cell.provider, cell.model]]?.count ?? 0) > 1, !cell.target.isEmpty {
                cell.provider = cell.target
            }
            return cell
        }
        self.cells = cells
        for cell in cells {
            if !providers.contains(cell.provider) { providers.append(cell.provider) }
            if !models.contains(cell.model) { models.append(cell.model) }
        }
    }

    /// Of a run's targets.
    public init(of targets: [TargetResult]) {
        self.init(
            cells: targets.map { target in
                Self.cell(
                    target.name,
                    target.provider,
                    target.model,
                    target.url,
                    unusable: target.unusable,
                    target.totals
                )
            }
        )
    }

    /// Of a check's.
    public init(of checks: [CheckResult]) {
        self.init(
            cells: checks.map { check in
                Self.cell(check.name, check.provider, check.model, check.url, unusable: !check.isUsable, check.answers)
            }
        )
    }

    /// Worth showing: several models or several providers, each pair once.
    public var isWorthwhile: Bool {
        cells.count > 1 && Set(cells.map { [$0.provider, $0.model] }).count == cells.count
    }

    public subscript(model: String, provider: String) -> Cell? {
        cells.first { $0.model == model && $0.provider == provider }
    }

    private static func cell(
        _ name: String,
        _ provider: String?,
        _ model: String?,
        _ url: String,
        unusable: Bool,
        _ stats: RequestStatistics
    ) -> Cell {
        var cell = Cell()
        cell.target = name
        cell.provider = provider == "openai-compatible" || provider == nil ? host(of: url) ?? name : provider ?? name
        cell.model = family(model ?? "?")
        cell.unusable = unusable
        cell.stats = stats
        return cell
    }

    private static func host(of url: String) -> String? {
        let parts = url.split(separator: "://", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let host = parts[1].prefix { $0 != "/" }
        return host.isEmpty ? nil : String(host)
    }

    /// One name for what providers call differently: `openai/gpt-oss-120b`, `accounts/fireworks/models/gpt-oss-120b` and
    /// DigitalOcean's `openai-gpt-oss-120b` are `gpt-oss-120b`; `kimi-k2p6` is `kimi-k2.6`.
    public static func family(_ model: String) -> String {
        let last = model.split(separator: "/").last.map { $0.lowercased() } ?? model.lowercased()
        let name = last.hasPrefix("openai-gpt") ? String(last.dropFirst("openai-".count)) : last
        var result = ""
        let letters = Array(name)
        for (place, letter) in letters.enumerated() {
            let isPoint =
                letter == "p" && place > 0 && place + 1 < letters.count && letters[place - 1].isNumber
                && letters[place + 1].isNumber
            result.append(isPoint ? "." : letter)
        }
        return result
    }

    // MARK: who leads

    /// Pairs of providers whose order at one model is the reverse of that at another, each shown by intervals that do not
    /// touch. Medians alone prove nothing.
    public var flips: [Flip] {
        figures.flatMap { metric, figure in
            var found: [Flip] = []
            for (place, first) in providers.enumerated() {
                for second in providers[(place + 1)...] {
                    let orders = models.compactMap { model in order(first, second, model, figure) }
                    guard let leads = orders.first(where: { $0.firstLeads }),
                        let trails = orders.first(where: { !$0.firstLeads })
                    else { continue }
                    found.append(
                        Flip(
                            metric: metric,
                            providers: [first, second],
                            models: [leads.model, trails.model],
                            values: [leads.values, trails.values]
                        )
                    )
                }
            }
            return found
        }
    }

    private typealias Figure = (Cell) -> (value: Double, interval: ConfidenceInterval)?

    private var figures: [(String, Figure)] {
        [
            (
                "ttft",
                { cell in
                    guard let ttft = cell.stats.ttftMilliseconds, let p50 = ttft.p50, let interval = ttft.p50Interval
                    else {
                        return nil
                    }
                    return (p50, interval)
                }
            ),
            (
                "usd_per_useful_result",
                { cell in
                    guard let cost = cell.stats.cost, let value = cost.dollarsPerUsefulResult,
                        let interval = cost.dollarsPerUsefulInterval
                    else { return nil }
                    return (value, interval)
                }
            ),
        ]
    }

    /// nil where the intervals touch, or one is missing or open.
    private func order(_ first: String, _ second: String, _ model: String, _ figure: Figure)
        -> (model: String, firstLeads: Bool, values: [Double])?
    {
        guard let a = self[model, first].flatMap(figure), let b = self[model, second].flatMap(figure) else {
            return nil
        }
        if let high = a.interval.upper, let low = b.interval.lower, high < low {
            return (model, true, [a.value, b.value])
        }
        if let high = b.interval.upper, let low = a.interval.lower, high < low {
            return (model, false, [a.value, b.value])
        }
        return nil
    }
}
