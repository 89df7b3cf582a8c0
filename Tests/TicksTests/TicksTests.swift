import Testing
import Ticks

@Suite struct TicksTests {
    @Test func `splitmix64 yields the published first output for seed 1234567`() {
        var generator = SplitMix64(seed: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
    }

    @Test func `streams of one seed differ and repeat`() {
        var a = SplitMix64(seed: 7, stream: "prompts")
        var b = SplitMix64(seed: 7, stream: "arrivals")
        var again = SplitMix64(seed: 7, stream: "prompts")
        let first = a.next()
        #expect(first != b.next())
        #expect(first == again.next())
    }

    @Test(
        arguments: [
            (Duration.seconds(1), 1_000_000_000), (.milliseconds(-250), -250_000_000), (.nanoseconds(7), 7), (.zero, 0),
        ] as [(Duration, Int64)]
    )
    func `a duration is so many nanoseconds`(duration: Duration, expected: Int64) {
        #expect(duration.nanoseconds == expected)
        #expect(Instant(nanoseconds: 5).advanced(by: duration).nanoseconds == expected + 5)
    }

    @Test func `a duration beyond 292 years saturates instead of trapping`() {
        #expect(Duration.seconds(Int64.max / 2).nanoseconds == .max)
    }
}
