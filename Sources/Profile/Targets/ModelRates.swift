public import Ticks

extension TokenPrices {
    /// All of them so many times as high.
    func times(_ factor: Double) -> TokenPrices {
        // Of a product of short decimals only the first digits mean anything.
        func product(_ rate: Double) -> Double { (rate * factor * 1e9).rounded() / 1e9 }
        return TokenPrices(
            input: product(input),
            cachedInput: cachedInput.map(product),
            cacheWrite: cacheWrite.map(product),
            cacheWriteForHour: cacheWriteForHour.map(product),
            output: product(output),
            reasoning: reasoning.map(product)
        )
    }

    fileprivate var members: [(String, String?)] {
        [
            ("input", "\(input)"), ("cached_input", cachedInput.map { "\($0)" }),
            ("cache_write", cacheWrite.map { "\($0)" }), ("cache_write_1h", cacheWriteForHour.map { "\($0)" }),
            ("output", "\(output)"), ("reasoning", reasoning.map { "\($0)" }),
        ]
    }
}

/// What a model costs by tier of service.
public struct ModelRates: Sendable, Hashable {
    public struct Tier: Sendable, Hashable {
        public var name: String
        public var rates: TokenPrices
    }

    public var rates: TokenPrices  // of the standard tier, or of the one that is asked for where no tier is listed
    public var tiers: [Tier] = []

    public init(_ rates: TokenPrices, tiers: [Tier] = []) {
        self.rates = rates
        self.tiers = tiers
    }

    /// As a flow of YAML; `more` are further members.
    func yaml(_ more: [(String, String?)] = []) -> String {
        let tiers = tiers.map { (quoted($0.name), Optional(flow($0.rates.members))) }
        return flow(rates.members + (tiers.isEmpty ? [] : [("tiers", flow(tiers))]) + more)
    }
}

/// Reads prices of tokens.
struct RatesReader {
    let log: ProblemLog

    /// The kinds of tokens and the tiers; nil where input or output is missing. Whoever calls looks for what else there may be
    /// and closes the map.
    func read(_ keys: inout MapReader) -> ModelRates? {
        let rates = tokens(&keys)
        guard let tiers = keys.take("tiers") else { return rates.map { ModelRates($0) } }
        let path = keys.path(of: "tiers")
        guard case .map(let rows) = tiers.content else {
            keys.report("tiers", tiers, allowed: "a map of tiers to {input: 0.1, output: 0.4}, or to a factor")
            return rates.map { ModelRates($0) }
        }
        guard let rates else {
            log.report(tiers.place, path, "read tiers without input and output of the standard one; allowed: both")
            return nil
        }
        let read = rows.compactMap { row -> ModelRates.Tier? in
            let place = "\(path).\(row.key)"
            if let text = row.value.plain {
                guard let factor = Units.number(text), factor > 0, factor <= 1000 else {
                    log.report(
                        row.value.place,
                        place,
                        "read \(row.value.shown); allowed: prices, or a factor up to 1000"
                    )
                    return nil
                }
                return ModelRates.Tier(name: row.key, rates: rates.times(factor))
            }
            var inner = MapReader(row.value, path: place, log: log, allowed: "{input: 0.1, output: 0.4}, or a factor")
            defer { inner.finish() }
            let own = tokens(&inner)
            if own == nil {
                inner.require("input", "a tier has input and output, or is a factor of the standard one's")
            }
            return own.map { ModelRates.Tier(name: row.key, rates: $0) }
        }
        return ModelRates(rates, tiers: read)
    }

    private func tokens(_ keys: inout MapReader) -> TokenPrices? {
        let (input, cached, older) = (keys.dollars("input"), keys.dollars("cached_input"), keys.dollars("cached"))
        let (write, forHour) = (keys.dollars("cache_write"), keys.dollars("cache_write_1h"))
        let (output, reasoning) = (keys.dollars("output"), keys.dollars("reasoning"))
        guard let input, let output else { return nil }
        return TokenPrices(
            input: input,
            cachedInput: cached ?? older,
            cacheWrite: write,
            cacheWriteForHour: forHour,
            output: output,
            reasoning: reasoning
        )
    }

    /// A target's own price.
    func price(_ value: YAMLValue, path: String) -> Target.Price {
        var keys = MapReader(value, path: path, log: log, allowed: "{input: 0.1, output: 0.4} or {per_hour: $2.50}")
        defer { keys.finish() }
        var price = Target.Price()
        price.tokens = read(&keys)
        price.perHour = keys.dollars("per_hour")
        price.source = keys.text("source")
        price.isListed = keys.flag("listed") ?? false  // a resolved profile says so
        if let models = keys.take("models") {
            let path = keys.path(of: "models")
            if case .map(let rows) = models.content {
                price.models = rows.compactMap { row in
                    var inner = MapReader(row.value, path: "\(path).\(row.key)", log: log)
                    defer { inner.finish() }
                    let rates = read(&inner)
                    if rates == nil { inner.require("input", "a model has input and output") }
                    return rates.map { Target.Price.Model(name: row.key, rates: $0) }
                }
            } else {
                keys.report("models", models, allowed: "a map of models to {input: 0.1, output: 0.4}")
            }
        }
        let given = ["input", "output", "cached_input", "cached", "cache_write", "cache_write_1h", "reasoning"]
            .filter(keys.has)
        if price.perHour != nil, !given.isEmpty || !price.models.isEmpty {
            log.report(value.place, path, "read per_hour beside prices of tokens; allowed: one kind of price")
        } else if !given.isEmpty, keys.has("input") != keys.has("output") {
            log.report(value.place, path, "read one of input and output; allowed: both (0 where it is free)")
        } else if !given.isEmpty, !keys.has("input") {
            log.report(value.place, path, "read \(given[0]) without input and output; allowed: both beside it")
        }
        return price
    }
}

extension Target.Price {
    /// As a flow of YAML.
    var yaml: String {
        let models = models.map { (quoted($0.name), Optional($0.rates.yaml())) }
        let rest: [(String, String?)] = [
            ("models", models.isEmpty ? nil : flow(models)), ("per_hour", perHour.map { "\($0)" }),
            ("source", source.map(quoted)), ("listed", isListed ? "true" : nil),
        ]
        return tokens.map { $0.yaml(rest) } ?? flow(rest)
    }

    /// From a catalogue's row.
    init(_ row: ProviderCatalogue.ModelPrice) {
        let source = [row.source, row.date].compactMap(\.self).joined(separator: ", ")
        tokens = row.rates
        self.source = source.isEmpty ? nil : source
        isListed = true
    }
}
