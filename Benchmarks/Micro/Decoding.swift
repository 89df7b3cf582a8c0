import Benchmark
import Wire

/// One chunk as vLLM sends it, 264 bytes.
private let chunk = Array(
    """
    data: {"id":"chatcmpl-8f14e45fceea167a5a36dedd4bea2543","object":"chat.completion.chunk","created":1763683200,\
    "model":"bench","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null,\
    "stop_reason":null,"token_ids":null}]}\n\n
    """.utf8
)

/// Calls `body` with reads of one chunk each; the buffer has room behind it, as libcurl's has.
private func repeatedly(_ count: Range<Int>, read: [UInt8], _ body: (Span<UInt8>) -> Void) {
    let bytes = read.span
    for _ in count { body(bytes) }
}

@Sendable func decoding() {
    Benchmark("split SSE, per event of 264 B") { benchmark in
        var decoder = EventStreamDecoder()
        var events = 0
        benchmark.startMeasurement()
        repeatedly(benchmark.scaledIterations, read: chunk) { bytes in
            while let signal = decoder.next(in: bytes) { if case .event = signal { events += 1 } }
        }
        benchmark.stopMeasurement()
        precondition(events == benchmark.scaledIterations.count, "\(events) events")
    }

    Benchmark("decode chat, per read of one event") { benchmark in
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.begin(status: 200, contentType: "text/event-stream")
        var tokens = 0
        benchmark.startMeasurement()
        repeatedly(benchmark.scaledIterations, read: chunk) { tokens += decoder.receive($0).tokenEvents }
        benchmark.stopMeasurement()
        precondition(tokens == benchmark.scaledIterations.count, "\(tokens) tokens")
    }

    Benchmark("decode chat, per event in reads of 15") { benchmark in
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser())
        decoder.begin(status: 200, contentType: "text/event-stream")
        let read = Array(repeatElement(chunk, count: 15).joined())
        var tokens = 0
        let reads = benchmark.scaledIterations.count / 15
        benchmark.startMeasurement()
        repeatedly(0..<reads, read: read) { tokens += decoder.receive($0).tokenEvents }
        // So that a thousand operations are a thousand events.
        repeatedly(tokens..<benchmark.scaledIterations.count, read: chunk) { tokens += decoder.receive($0).tokenEvents }
        benchmark.stopMeasurement()
        precondition(tokens == benchmark.scaledIterations.count, "\(tokens) tokens")
    }
}
