import Testing
import Ticks

@testable import Engine

@Suite struct AgreedPausesTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test func `nothing is sent from a pause's beginning to its agreed end`() {
        var pauses = AgreedPauses()
        #expect(pauses.end(at: at(1)) == nil)
        pauses.begin(at: at(10))
        pauses.begin(at: at(12))  // it is paused already
        #expect(pauses.ends(after: at(9)) == nil)
        #expect(pauses.ends(after: at(10)) == .distantFuture)
        #expect(pauses.end(at: at(50)) == 40_000_000)
        #expect(pauses.ends(after: at(49)) == at(50))
        #expect(pauses.ends(after: at(50)) == nil)
        #expect(pauses.past.ends(after: at(49)) == at(50))
    }

    @Test func `a pause that is agreed before the last is over does not end that`() {
        var pauses = AgreedPauses()
        pauses.begin(at: at(10))
        _ = pauses.end(at: at(50))
        pauses.begin(at: at(51))
        #expect(pauses.ends(after: at(49)) == at(50))
        #expect(pauses.ends(after: at(50)) == nil)
        #expect(pauses.ends(after: at(51)) == .distantFuture)
        #expect(pauses.past.ends(after: at(51)) == nil)
    }
}
