import Testing

@testable import Engine

@Suite struct ClockWatchTests {
    private let second: Int64 = 1_000_000_000

    private func look(_ realtime: Int64, _ boottime: Int64) -> ClockWatch.Finding {
        var watch = ClockWatch(realtime: 1_700_000_000 * second, boottime: 0)
        return watch.look(realtime: 1_700_000_000 * second + realtime, boottime: boottime)
    }

    @Test func `a clock that is set by an hour, either way, was stepped`() {
        #expect(look(3600 * second, 0) == ClockWatch.Finding(stepped: 3600 * second))
        #expect(look(-3600 * second, 0) == ClockWatch.Finding(stepped: -3600 * second))
    }

    @Test(arguments: [0, 500_000, -500_000, 5_000_000]) func `a clock that is slewed was not`(nanoseconds: Int64) {
        #expect(look(nanoseconds, 0) == ClockWatch.Finding())
    }

    @Test func `sleep moves both clocks and is no step, unless one was set besides`() {
        #expect(look(10 * second, 10 * second) == ClockWatch.Finding(slept: 10 * second))
        #expect(look(8 * second, 10 * second) == ClockWatch.Finding(slept: 10 * second, stepped: -2 * second))
        #expect(look(40_000_000, 40_000_000) == ClockWatch.Finding())
    }

    @Test func `each step is told once`() {
        var watch = ClockWatch(realtime: 0, boottime: 0)
        #expect(watch.look(realtime: second, boottime: 0).stepped == second)
        #expect(watch.look(realtime: second, boottime: 0) == ClockWatch.Finding())
        #expect(watch.look(realtime: 0, boottime: 0).stepped == -second)
    }
}
