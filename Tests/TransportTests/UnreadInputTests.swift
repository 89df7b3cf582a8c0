import Glibc
import Testing
import Ticks

@testable import Transport

/// Reads of HTTP/2 that bring more of a stream than its buffer takes: libcurl 7.88 asks nobody to be called for the rest, and
/// does not see an end that came with it.
@Suite struct UnreadInputTests {
    private typealias Frame = FrameServer.Frame

    /// Two streams of one connection: the first waits, and reads for the second.
    private final class Exchange {
        let waiting = Collected()
        private(set) var answers: [Collected] = []
        private let loop = EventLoop()
        private let client: HTTPClient
        private var timers: [PreciseTimer] = []

        init(with endpoint: Endpoint) {
            client = HTTPClient(loop: loop, endpoint: endpoint, headers: [], answers: .streams)
        }

        private func ask(_ result: Collected) -> Transfer {
            let transfer = client.transfer()
            transfer.handler = result
            transfer.prepare(post: "/v1/x", body: Array("{}".utf8), requestID: "r-\(answers.count)")
            client.start(transfer, connection: .any)
            return transfer
        }

        private func after(milliseconds: Int64, _ body: @escaping () -> Void) {
            let timer = PreciseTimer(loop: loop) { _ in body() }
            timer.arm(at: MonotonicClock.now().advanced(byNanoseconds: milliseconds * 1_000_000))
            timers.append(timer)
        }

        /// Asks once for what waits, and then, one after another, so often for what is answered; ten seconds at most.
        func run(_ count: Int, with server: FrameServer) {
            after(milliseconds: 10_000) { [unowned self] in loop.stop() }
            let first = ask(waiting)
            func next() {
                guard answers.count < count else {
                    client.cancel(first)
                    return loop.stop()
                }
                let result = Collected()
                answers.append(result)
                let transfer = ask(result)
                after(milliseconds: 1) { usleep(10_000) }  // a busy client, to which the answer comes whole
                result.onEnd = { [unowned self] _ in
                    client.recycle(transfer)
                    after(milliseconds: 0, next)
                }
            }
            func begin() { if server.requests > 0 { next() } else { after(milliseconds: 1, begin) } }
            begin()
            loop.run()
        }
    }

    private static func body(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0 / 251 &+ $0) } }

    private static func frames(_ stream: Int, _ body: [UInt8], most: Int, ends: Bool) -> [UInt8] {
        let starts = Array(stride(from: 0, to: body.count, by: most))
        return Frame.head(stream)
            + starts.flatMap { start in
                let end = min(body.count, start + most)
                return Frame.data(stream, Array(body[start..<end]), ends: ends && end == body.count)
            }
    }

    /// Sizes at which the last frame is one that does not fit, and others.
    @Test(arguments: [16_384, 5_000])
    func `an answer that comes with its end in few reads is whole, whoever reads them`(frame: Int) throws {
        let sizes = Array(stride(from: 1_000, through: 64_000, by: 1_750))
        let server = try #require(
            try FrameServer { number, stream in
                // A frame of its own for the head: what waits has begun.
                number == 0
                    ? Frame.head(stream) : Self.frames(stream, Self.body(sizes[number - 1]), most: frame, ends: true)
            }
        )
        let exchange = Exchange(with: server.endpoint)
        exchange.run(sizes.count, with: server)
        server.stop()
        #expect(exchange.answers.count == sizes.count)
        for (answer, size) in zip(exchange.answers, sizes) {
            let isWhole = answer.isDone && answer.failure == nil && answer.body == Self.body(size)
            #expect(isWhole, "\(size) bytes: \(answer.body.count) came")
        }
        #expect(!exchange.waiting.isDone)
    }

    @Test(arguments: [1_000, 1_100, 12_000, 16_000, 30_000])
    func `what has come of a stream is delivered, although nothing follows`(size: Int) throws {
        let server = try #require(
            try FrameServer { _, stream in Self.frames(stream, Self.body(size), most: 16_384, ends: false) }
        )
        let loop = EventLoop()
        let client = HTTPClient(loop: loop, endpoint: server.endpoint, headers: [], answers: .streams)
        let result = Collected()
        let transfer = client.transfer()
        transfer.handler = result
        transfer.prepare(post: "/v1/x", body: Array("{}".utf8), requestID: "r")
        client.start(transfer, connection: .any)
        let end = MonotonicClock.now().advanced(byNanoseconds: 10_000_000_000)
        var look: () -> Void = {}
        let timer = PreciseTimer(loop: loop) { _ in look() }
        look = {
            if result.body.count >= size || MonotonicClock.now() > end { return loop.stop() }
            timer.arm(at: MonotonicClock.now().advanced(byNanoseconds: 1_000_000))
        }
        look()
        loop.run()
        server.stop()
        let isWhole = result.body == Self.body(size)
        #expect(isWhole, "\(result.body.count) came")
    }
}
