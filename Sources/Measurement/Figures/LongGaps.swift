/// Of the requests that had a token, those with a gap between two of more than 1 s.
struct LongGaps: RequestTally {
    private(set) var result = TallyResult(part: 0, whole: 0)

    mutating func add(_ request: RequestRecord) {
        guard request.outcomeClass != .excluded, request.tokenReads > 0 else { return }
        result.whole += 1
        if request.maxGap ?? 0 > Silence.shortest { result.part += 1 }
    }
}

extension CatalogueFigure {
    public static let longGapShare = CatalogueFigure(
        "long_gap_share",
        .share,
        better: .less,
        missing: "no token came"
    ) { LongGaps() }
}
