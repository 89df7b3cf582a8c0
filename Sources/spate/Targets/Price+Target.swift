import Engine
import Measurement
import Profile
import Ticks

/// The profile's prices, or the catalogue's, as runs and results use them.
extension Price {
    init(_ target: Target) {
        let tier = target.tier.map { AskedTier(name: $0.name, words: $0.words) }
        self.init(PriceList(target), model: target.model, tier: tier)
    }
}

extension PriceList {
    fileprivate init(_ target: Target) {
        let price = target.price
        func words(_ tier: String) -> [String] { target.preset?.words(ofTier: tier) ?? [tier] }
        func rows(_ rates: ModelRates, of model: String?, tier: [String], _ source: String?) -> [Row] {
            // One price for all is that of the tier which is asked for.
            let usual = Row(
                model: model,
                tiers: rates.tiers.isEmpty ? tier : [],
                prices: rates.rates,
                source: source
            )
            return [usual]
                + rates.tiers.map { Row(model: model, tiers: words($0.name), prices: $0.rates, source: source) }
        }
        if price.perHour != nil {
            self.init()
        } else if price.tokens == nil && price.models.isEmpty || price.isListed {
            self.init(
                (target.preset?.prices ?? []).flatMap { listed in
                    let source = [listed.source, listed.date].compactMap(\.self).joined(separator: ", ")
                    return rows(listed.rates, of: listed.model, tier: [], source.isEmpty ? nil : source)
                }
            )
        } else {
            let asked = target.tier?.words ?? []
            self.init(
                (price.tokens.map { rows($0, of: nil, tier: asked, price.source) } ?? [])
                    + price.models.flatMap { rows($0.rates, of: $0.name, tier: asked, price.source) }
            )
        }
    }
}
