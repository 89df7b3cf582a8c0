import Ticks
import Wire

/// What `spate providers` shows.
extension ProviderCatalogue {
    /// One line per provider: name, API, base URL, the variable of its key, how many models are priced.
    public var table: String {
        var rows = [["NAME", "API", "KEY", "PRICED", "BASE URL"]]
        for entry in entries {
            let provider = entry.provider
            let key = provider.keyVariables.first ?? "none"
            let isOptional = provider.keyIsOptional && !provider.keyVariables.isEmpty
            let address =
                switch provider.name {
                case Self.simulated: "started by spate"
                case Self.compatible: "given by --url"
                default: provider.baseURL ?? entry.addressForm ?? "given by --url"
                }
            rows.append([
                provider.name + (changed.contains(provider.name) ? "*" : ""), provider.api.rawValue,
                isOptional ? "[\(key)]" : key, entry.prices.isEmpty ? "-" : "\(entry.prices.count)", address,
            ])
        }
        return Self.aligned(rows, indent: "") + "\n[KEY] = used when set. `spate providers NAME` shows all of one.\n"
    }

    /// Everything known of one provider, keys as in the file.
    public func description(of name: String) -> String {
        guard let entry = self[name], case .map(let keys) = tree[name]?.content else { return "" }
        var text = name + (changed.contains(name) ? "  (changed by your own file)\n" : "\n")
        let plain = keys.filter { $0.key != "prices" && $0.value.content != .null }
        let width = plain.map(\.key.count).max() ?? 0
        for key in plain {
            for (index, line) in key.value.listing.enumerated() {
                let label = index == 0 ? key.key : ""
                text += "  \(label.padded(to: width))  \(line)\n"
            }
        }
        guard !entry.prices.isEmpty else { return text + "  no prices are known\n" }
        var rows = [["MODEL", "TIER", "INPUT", "CACHED", "WRITE", "OUTPUT", "SOURCE"]]
        func add(_ model: String, _ tier: String, _ rates: TokenPrices, _ source: String) {
            func shown(_ rate: Double?) -> String { rate.map { "\($0)" } ?? "-" }
            let writes = [rates.cacheWrite, rates.cacheWriteForHour].compactMap(\.self).map(shown)
            rows.append([
                model, tier, shown(rates.input), shown(rates.cachedInput),
                writes.isEmpty ? "-" : writes.joined(separator: "/"), shown(rates.output), source,
            ])
        }
        for price in entry.prices {
            let source = [price.source, price.date, price.note].compactMap(\.self).joined(separator: "; ")
            add(price.model, "standard", price.rates.rates, source)
            for tier in price.rates.tiers { add("", tier.name, tier.rates, "") }
        }
        return text + "\n  prices, dollars per million tokens\n" + Self.aligned(rows, indent: "  ")
    }

    /// A map of providers by name, or of the one named.
    public func json(of name: String?) -> String {
        guard let name else { return tree.json ?? "{}" }
        return "{" + JSONText.quoted(name) + ":" + (tree[name]?.json ?? "null") + "}"
    }

    private static func aligned(_ rows: [[String]], indent: String) -> String {
        let columns = rows[0].indices
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = columns.map { $0 == columns.last ? row[$0] : row[$0].padded(to: widths[$0]) }
            return indent + cells.joined(separator: "  ") + "\n"
        }.joined()
    }
}

extension YAMLValue {
    /// For people: a list of texts on a line each, all else on one line.
    fileprivate var listing: [String] {
        switch content {
        case .list(let items): items.map { $0.plain ?? $0.json ?? "" }
        case .scalar(let text, _): [text]
        case .map, .null: [json ?? ""]
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
