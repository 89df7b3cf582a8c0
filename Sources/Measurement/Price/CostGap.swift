extension RequestStatistics {
    /// Why nobody can say what a set of requests cost; never the same as nothing.
    public struct CostGap: Error, Sendable, Hashable {
        public enum Reason: String, Sendable, Hashable, CaseIterable {
            case noPrice = "no_price"
            case noModelPrice = "no_model_price"  // another model answered than was asked, and it has no price
            case noTierPrice = "no_tier_price"  // it was served in a tier that has no price
            case tierNotTold = "tier_not_told"  // a tier was asked for, and an answer did not say whether it was given
            case noCacheWritePrice = "no_cache_write_price"  // tokens were written to the cache, for minutes
            case noHourWritePrice = "no_cache_write_1h_price"  // or for an hour
            case noUsage = "no_usage"  // an answer came without the server's count of its tokens
            case noWindow = "no_window"  // the price goes by the hour, and the set has no time of its own
            case noRequest = "no_request"
        }

        public var reason: Reason
        /// The model or tier that it is about.
        public var subject: String?

        public static let noPrice = CostGap(reason: .noPrice)
        public static let noCacheWritePrice = CostGap(reason: .noCacheWritePrice)
        public static let noHourWritePrice = CostGap(reason: .noHourWritePrice)
        public static let noUsage = CostGap(reason: .noUsage)
        public static let noWindow = CostGap(reason: .noWindow)
        public static let noRequest = CostGap(reason: .noRequest)

        public static func noPrice(ofModel name: String) -> CostGap { CostGap(reason: .noModelPrice, subject: name) }
        public static func noPrice(ofTier name: String) -> CostGap { CostGap(reason: .noTierPrice, subject: name) }
        public static func tierNotTold(_ asked: String) -> CostGap { CostGap(reason: .tierNotTold, subject: asked) }
    }
}
