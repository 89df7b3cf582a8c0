import Testing
import Ticks
import Transport
import Wire

@testable import Engine

/// A read at so many nanoseconds, with the kernel's stamp unless said otherwise.
private func stamp(_ nanoseconds: Int64, read: UInt64, kernel: Bool = true) -> ReceiveStamp {
    let instant = Instant(nanoseconds: nanoseconds)
    return ReceiveStamp(instant: instant, readAt: instant, isKernel: kernel, read: read)
}

private func digest(events: Int = 1, tokens: Int = 0, visible: Int = 0, reasoning: Int = 0, tool: Int = 0)
    -> ReadDigest
{
    var digest = ReadDigest()
    digest.events = events
    digest.tokenEvents = tokens
    digest.visibleBytes = visible
    digest.reasoningBytes = reasoning
    digest.toolBytes = tool
    return digest
}

@Suite struct ReplyStateTests {
    @Test func `the first token is the first read with text, not the first event`() {
        var state = ReplyState()
        #expect(state.receive(digest(events: 0), stamp: stamp(100, read: 1)) == .nothing)  // a comment
        #expect(state.receive(digest(), stamp: stamp(200, read: 2)) == .nothing)  // the role
        #expect(state.receive(digest(tokens: 1, visible: 4), stamp: stamp(300, read: 3)) == .firstToken)
        #expect(state.firstEvent == Instant(nanoseconds: 200))
        #expect(state.firstToken == Instant(nanoseconds: 300))
        #expect(state.firstVisible == Instant(nanoseconds: 300))
        #expect(state.firstReasoning == nil)
        #expect(state.reads == 3)
        #expect(state.tokenReads == 1)
        #expect(state.maxGap == nil)
    }

    /// What has bytes behind it may have come 30 ms before the stamp; what ends a read did not.
    @Test
    func `a token that ends its read is exact, and one with bytes behind it is late by what the loop did not see`() {
        var state = ReplyState()
        var end = stamp(100, read: 1)
        end.isExactAtEnd = true
        var last = digest(tokens: 1, visible: 1)
        last.endsWithToken = true
        var two = digest(events: 2, tokens: 2, visible: 2)
        two.endsWithToken = true

        _ = state.receive(two, stamp: end, late: 30)
        #expect((state.lateFirst, state.lateLast) == (30, 0))
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: end, late: 31)  // an event without a token behind it
        #expect((state.lateFirst, state.lateLast) == (30, 31))
        _ = state.receive(last, stamp: stamp(200, read: 2), late: 32)  // more of the read to come, or no kernel's stamp
        #expect((state.lateFirst, state.lateLast) == (30, 32))
        _ = state.receive(last, stamp: end, late: 33)
        #expect((state.lateFirst, state.lateLast) == (30, 0))
        var other = ReplyState()
        _ = other.receive(last, stamp: end, late: 34)
        #expect((other.lateFirst, other.lateLast) == (0, 0))
        var vectors = digest()
        vectors.vectors = 1
        _ = other.receive(vectors, stamp: end, late: 35)
        #expect(other.lateLast == 35)
    }

    @Test func `reasoning is a first token and not a first visible one`() {
        var state = ReplyState()
        #expect(state.receive(digest(tokens: 1, reasoning: 3), stamp: stamp(100, read: 1)) == .firstToken)
        #expect(state.receive(digest(tokens: 1, visible: 3), stamp: stamp(150, read: 2)) == .nextTokens(gap: 50))
        #expect(state.firstReasoning == Instant(nanoseconds: 100))
        #expect(state.firstToken == Instant(nanoseconds: 100))
        #expect(state.firstVisible == Instant(nanoseconds: 150))
    }

    @Test func `a tool call's arguments are a first token and nothing visible`() {
        var state = ReplyState()
        #expect(state.receive(digest(tokens: 1, tool: 3), stamp: stamp(100, read: 1)) == .firstToken)
        #expect(state.firstVisible == nil)
        #expect(state.firstReasoning == nil)
        #expect(state.firstReadTextBytes == 3)
    }

    @Test func `gaps lie between reads with tokens, and the longest is kept`() {
        var state = ReplyState()
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(1_000, read: 1))
        #expect(state.receive(digest(tokens: 2, visible: 2), stamp: stamp(1_040, read: 2)) == .nextTokens(gap: 40))
        #expect(state.receive(digest(events: 0), stamp: stamp(1_050, read: 3)) == .nothing)
        #expect(state.receive(digest(tokens: 1, visible: 1), stamp: stamp(1_100, read: 4)) == .nextTokens(gap: 60))
        #expect(state.receive(digest(tokens: 1, visible: 1), stamp: stamp(1_105, read: 5)) == .nextTokens(gap: 5))
        #expect(state.maxGap == 60)
        #expect(state.tokenReads == 4)
        #expect(state.reads == 5)
        #expect(state.lastToken == Instant(nanoseconds: 1_105))
    }

    @Test func `pieces of one read count once, and make no gap`() {
        var state = ReplyState()
        #expect(state.receive(digest(tokens: 1, visible: 4), stamp: stamp(100, read: 7)) == .firstToken)
        #expect(state.receive(digest(tokens: 1, visible: 5), stamp: stamp(100, read: 7)) == .sameRead)
        #expect(state.receive(digest(tokens: 1, visible: 6), stamp: stamp(130, read: 8)) == .nextTokens(gap: 30))
        #expect(state.receive(digest(tokens: 1, visible: 7), stamp: stamp(130, read: 8)) == .sameRead)
        #expect(state.reads == 2)
        #expect(state.tokenReads == 2)
        #expect(state.firstReadTextBytes == 9)
        #expect(state.maxGap == 30)
    }

    @Test func `the first read's text is that of the first read with tokens`() {
        var state = ReplyState()
        _ = state.receive(digest(), stamp: stamp(100, read: 1))
        _ = state.receive(digest(tokens: 1, visible: 4), stamp: stamp(110, read: 2))
        _ = state.receive(digest(tokens: 1, visible: 50), stamp: stamp(120, read: 3))
        #expect(state.firstReadTextBytes == 4)
    }

    @Test func `a gap over a standstill of the loop is nobody's, and no more of it is the server's than is sure`() {
        let second: Int64 = 1_000_000_000
        var state = ReplyState()
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(second, read: 1))
        // Four seconds in which the token may have come at any time, and one behind it whose stamp is its own.
        let late = state.receive(
            digest(tokens: 2, visible: 2),
            stamp: stamp(5 * second, read: 2),
            late: 39 * second / 10
        )
        #expect(late == .nextTokens(gap: nil))
        #expect(
            state.receive(digest(tokens: 1, visible: 1), stamp: stamp(5 * second + 20, read: 3))
                == .nextTokens(gap: nil)
        )
        #expect(
            state.receive(digest(tokens: 1, visible: 1), stamp: stamp(5 * second + 40, read: 4)) == .nextTokens(gap: 20)
        )
        #expect(state.maxGap == second / 10)
    }

    @Test func `a stamp that runs backwards gives a gap of nothing, never a negative one`() {
        var state = ReplyState()
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(500, read: 1))
        #expect(state.receive(digest(tokens: 1, visible: 1), stamp: stamp(480, read: 2)) == .nextTokens(gap: 0))
        #expect(state.maxGap == 0)
    }

    @Test func `keep-alives move the idle clock and no token's`() {
        var state = ReplyState()
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(100, read: 1))
        _ = state.receive(digest(events: 0), stamp: stamp(900, read: 2))
        #expect(state.lastRead == Instant(nanoseconds: 900))
        #expect(state.lastToken == Instant(nanoseconds: 100))
    }

    @Test func `reads with tokens and without a kernel stamp are counted once each`() {
        var state = ReplyState()
        _ = state.receive(digest(), stamp: stamp(50, read: 1, kernel: false))  // no token: does not matter
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(100, read: 2, kernel: false))
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(100, read: 2, kernel: false))
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(200, read: 3))
        _ = state.receive(digest(tokens: 1, visible: 1), stamp: stamp(300, read: 4, kernel: false))
        #expect(state.readStamps == 2)
        #expect(state.tokenReads == 3)
    }
}
