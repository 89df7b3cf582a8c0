/// How widely TTFT scatters, by its coefficient of variation (the contract's section 8). No cause: that takes evidence.
public enum VariationBand: String, Sendable, Hashable, CaseIterable, Codable {
    case steady  // below 40 %
    case someVariability = "some variability"  // 40 to 100 %
    case wide = "wide, two populations likely"  // above 100 %
    case erratic  // above 300 %

    /// nil for what is no coefficient of variation: NaN, or below 0.
    public init?(cvPercent: Double) {
        guard cvPercent >= 0 else { return nil }
        if cvPercent < 40 {
            self = .steady
        } else if cvPercent <= 100 {
            self = .someVariability
        } else if cvPercent <= 300 {
            self = .wide
        } else {
            self = .erratic
        }
    }

    /// Every band an interval of the CV (percent) touches, ascending; more than one: the band is uncertain.
    public static func bands(from low: Double, to high: Double) -> [VariationBand] {
        let all = allCases
        guard let lowest = VariationBand(cvPercent: low), let highest = VariationBand(cvPercent: high),
            let first = all.firstIndex(of: lowest), let last = all.firstIndex(of: highest), first <= last
        else { return [] }
        return Array(all[first...last])
    }
}
