import Testing

@testable import Measurement

@Suite struct OpenLoopValidityTests {
    /// Five requests at once every 150 ms for 16.5 s, as a trace has them whose clock is coarse; the last bin's end and
    /// with it all borders lie a little behind the grid.
    private func reasons(lateBy late: (Int) -> Double) -> [String] {
        var builder = RunResultBuilder()
        let phase = builder.phase(.replay, from: 0, to: 18_000)
        builder.recorded.phases[0].loop = .open
        let step = builder.step(.arrivals, of: phase, 0, from: 0, settled: 0, windowEnded: 16_501, drained: 18_000) {
            ($0.rps, $0.arrivals, $0.planned) = (33.3, "trace", 16_501_000_000)
        }
        for group in 0...110 {
            for _ in 0..<(group % 11 == 0 ? 40 : 5) {
                builder.request(step, at: Int64(group) * 150, ttft: 20, tokens: 2, gap: 1) {
                    $0.dispatchLag = Int64(late(group) * 1e6)
                }
            }
        }
        return builder.result.targets[0].phases[0].validity.reasons
    }

    @Test func `bursts that left within a hundredth of a bin were kept, wherever the borders of the bins fall`() {
        #expect(reasons { $0 % 2 == 0 ? 0.1 : 1.7 } == [])
    }

    @Test func `bursts that left when the next were due were not kept`() {
        #expect(reasons { $0 % 22 == 0 ? 1650 : 0.1 }.contains { $0.contains("the plan's bursts were not kept") })
    }
}
