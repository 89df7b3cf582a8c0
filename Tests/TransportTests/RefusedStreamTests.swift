import Testing

@testable import Transport

@Suite struct RefusedStreamTests {
    private typealias Frame = FrameServer.Frame

    @Test func `a stream that is refused is asked again, and is no failure`() throws {
        let (results, requests) = try FrameServer.exchange(2) { number, stream in
            number == 0 ? Frame.refusal(stream) : Frame.answer(stream)
        }
        #expect(results.map(\.failure) == [nil, nil])
        #expect(results.map(\.text) == ["ok", "ok"])
        #expect(requests == 3)
    }

    @Test(arguments: [[0], [0x7fff_ffff, 0]])
    func `what lies above the last stream of GOAWAY, in one step or two, is asked again`(lasts: [Int]) throws {
        let (results, requests) = try FrameServer.exchange(1) { number, stream in
            number == 0 ? lasts.flatMap { Frame.goAway(last: $0) } : Frame.answer(stream)
        }
        #expect(results.map(\.failure) == [nil])
        #expect(requests == 2)
    }

    @Test func `a stream at GOAWAY's last goes on`() throws {
        let (results, requests) = try FrameServer.exchange(1) { _, stream in
            Frame.goAway(last: stream) + Frame.answer(stream)
        }
        #expect(results.map(\.failure) == [nil])
        #expect(requests == 1)
    }

    @Test func `a request that is refused for ever fails after a bounded number of tries`() throws {
        let (results, requests) = try FrameServer.exchange(1) { _, stream in Frame.refusal(stream) }
        #expect(results.first?.failure?.kind == .reset)
        #expect((20...40).contains(requests), "\(requests)")
    }

    @Test func `what the server reset, and did not refuse, is not asked again`() throws {
        let (results, requests) = try FrameServer.exchange(1) { _, stream in Frame.reset(stream) }
        #expect(results.first?.failure?.kind == .reset)
        #expect(requests == 1)
    }
}
