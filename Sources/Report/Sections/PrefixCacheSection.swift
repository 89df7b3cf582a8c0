import Measurement

/// What the plan repeats, and what the server took from its cache; in the full report alone where both are nothing.
enum PrefixCacheSection {
    static func blocks(_ target: TargetResult) -> [Block] {
        guard let cache = target.cache, let planned = cache.plannedShare else { return [] }
        let sample = cache.requests == 1 ? "1 request" : "\(Figure.count(cache.requests)) requests"
        var text = "The plan repeats \(Figure.percent(share: planned)) of the input tokens; "
        if let told = cache.toldShare {
            text += "the server says that \(Figure.percent(share: told)) came from its prefix cache (\(sample))."
            if cache.untold > 0 {
                text += cache.untold == 1 ? " 1 more told" : " \(Figure.count(cache.untold)) more told"
                text += " nothing of it."
            }
        } else {
            text += "no answer told what came from a prefix cache (\(sample))."
        }
        if let server = cache.serverShare {
            text += " Its own metrics say \(Figure.percent(share: server)) of what was looked up there."
        }
        let isEmpty = planned < leastShare && max(cache.toldShare ?? 0, cache.serverShare ?? 0) < leastShare
        let blocks: [Block] = [.heading("Prefix cache"), .sentence(text)]
        return isEmpty ? blocks.map { .detail($0) } : blocks
    }

    private static let leastShare = 0.005
}
