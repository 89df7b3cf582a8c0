import Testing

@testable import Measurement

/// A burst whose requests leave from several machines, with a median TTFT of 100 ms.
@Suite struct ShardSkewTests {
    @Test(
        arguments: [
            (1.0, 1.0, .valid, nil),
            (9.0, 0.9, .valid, nil),
            (15.0, 1.0, .suspect, "did not leave at one instant"),
            // What the clocks do not tell is not asserted.
            (5.0, 20.0, .suspect, "may not have left at one instant"),
            (0.0, 60.0, .invalid, "may not have left at one instant"),
            (60.0, 1.0, .invalid, "did not leave at one instant"),
            (0.0, nil, .suspect, "whether the wave left at one instant is not known"),
        ] as [(Double, Double?, ValidityResult.Verdict, String?)]
    )
    func `an edge's skew is judged with the clocks' uncertainty`(
        skew: Double,
        uncertainty: Double?,
        verdict: ValidityResult.Verdict,
        reason: String?
    ) {
        var row = RowValidity()
        row.judge(EdgeSkew(milliseconds: skew, uncertainty: uncertainty), median: 100)
        #expect(row.load == verdict && row.latencies == .valid)
        #expect(row.reasons.count == (reason == nil ? 0 : 1))
        if let reason { #expect(row.reasons[0].hasSuffix(reason), "\(row.reasons)") }
    }
}
