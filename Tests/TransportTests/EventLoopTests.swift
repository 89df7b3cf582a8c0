import Testing
import Ticks

@testable import Transport

@Suite struct EventLoopTests {
    enum Place: CaseIterable { case beforePoll, gathering, afterPoll }

    /// Nothing else happens in this loop: one that waits is ended by its guard alone.
    @Test(arguments: Place.allCases)
    func `a turn that is asked for does not wait for an event`(place: Place) {
        let loop = EventLoop()
        var turns = 0
        var isLate = false
        func turn() {
            turns += 1
            if turns < 100 { loop.turnAgain() } else { loop.stop() }
        }
        switch place {
        case .beforePoll: loop.onBeforePoll { turn() }
        case .gathering: loop.onGather { _ in turn() }
        case .afterPoll: loop.onAfterPoll { turn() }
        }
        let first = PreciseTimer(loop: loop) { _ in }
        first.arm(at: MonotonicClock.now())
        let guardTimer = PreciseTimer(loop: loop) { _ in
            isLate = true
            loop.stop()
        }
        guardTimer.arm(at: MonotonicClock.now().advanced(byNanoseconds: 10_000_000_000))
        loop.run()
        #expect(!isLate && turns == 100)
    }
}
