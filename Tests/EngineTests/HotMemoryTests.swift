import Measurement
import Testing
import Ticks

@testable import Engine
@testable import Transport
@testable import Wire

/// What each read of a stream touches lies at the beginning of its four objects: so much of them is sent for before it is needed.
@Suite struct HotMemoryTests {
    private static let object = 16  // what Swift puts before an object's properties

    /// Where a property of an object ends.
    private func end<Value>(of value: inout Value, size: Int = MemoryLayout<Value>.size, in object: AnyObject) -> Int {
        withUnsafeMutablePointer(to: &value) {
            UnsafeMutableRawPointer($0) - Unmanaged.passUnretained(object).toOpaque() + size
        }
    }

    @Test func `of a decoder`() throws {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        let before = (end(of: &decoder.keepsText, in: decoder) + 7) / 8 * 8  // the stream follows, and then the tally
        let tally = before + MemoryLayout<EventStreamDecoder>.size
        let facts = try tally + #require(MemoryLayout<ReplyTally>.offset(of: \.facts))
        let error = try #require(MemoryLayout<ReplyFacts>.offset(of: \.error))
        // Whether there is an error shows in its first word.
        #expect(facts + error + 16 <= ReplyDecoder.hotBytes)
        #expect(end(of: &decoder.documentLimit, in: decoder) > ReplyDecoder.hotBytes, "what few touch comes behind")
    }

    @Test func `of a request`() throws {
        let follower = Self.object + 8 + 8 + 8 + 8 + MemoryLayout<ArrivalLog>.stride
        let end = try follower + #require(MemoryLayout<ReplyFollower>.offset(of: \.end))
        let since = try #require(MemoryLayout<ReplyEnd>.offset(of: \.since)) + MemoryLayout<Instant?>.size
        #expect(end + since <= LiveRequest.hotBytes)
    }

    @Test func `of a transfer and of its socket's watch`() {
        let loop = EventLoop()
        let timer = PreciseTimer(loop: loop) { _ in loop.stop() }
        let client = HTTPClient(loop: loop, endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 9), headers: [])
        let transfer = client.transfer()
        #expect(end(of: &transfer.timing, size: MemoryLayout<Instant>.size, in: transfer) <= Transfer.hotBytes)
        #expect(end(of: &transfer.middle, in: transfer) <= Transfer.hotBytes)
        #expect(end(of: &transfer.state, in: transfer) <= Transfer.hotBytes)
        let shard = ConnectionShard(client: client, number: 0)
        let watch = SocketWatch(descriptor: -1, shard: shard)
        #expect(end(of: &watch.reader, in: watch) <= SocketWatch.hotBytes)
        // Whether it has bytes for libcurl shows in its first word.
        #expect(end(of: &watch.remainder, size: 8, in: watch) <= SocketWatch.hotBytes)
        client.recycle(transfer)
        timer.arm(at: MonotonicClock.now())
        loop.run()
    }
}
