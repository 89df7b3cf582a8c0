import Testing
import Ticks

@testable import Schedule

/// Logs of gateways as traces, and the sessions that a trace names.
@Suite struct TraceLogTests {
    private func sessions(_ trace: Trace) -> [Int?] { (0..<trace.count).map { trace[$0].session } }

    // MARK: nginx

    @Test func `a request came as long before its line as it took`() throws {
        let trace = try read(
            .nginx,
            [
                #"{"msec": 1763316010.250, "request_time": 4.000, "request_length": 4000, "request": "POST /v1/chat/completions HTTP/1.1", "status": 200, "session": "b"}"#,
                #"{"msec": "1763316007.000", "request_time": "0.500", "request_length": "1000", "request_method": "POST", "uri": "/v1/messages", "status": "200", "session": "a"}"#,
                #"{"msec": 1763316011.000, "request_time": 0.001, "request_length": 8, "request": "POST /v1/chat/completions HTTP/1.1", "status": 499, "session": "b"}"#,
            ]
        )
        // 6.25 s, 6.5 s and 10.999 s: the first line's is the first.
        #expect(trace.times == [0, 250_000_000, 4_749_000_000])
        #expect((0..<3).map { trace[$0].inputTokens } == [1000, 250, 2])
        #expect((0..<3).allSatisfy { trace[$0].outputTokens == nil } && trace.untoldAnswers == 3 && !trace.saysAnswers)
        #expect(trace.saysTokens && sessions(trace) == [0, 1, 0])
    }

    @Test func `tokens that a log tells are taken as they are`() throws {
        let line =
            #"{"msec": 1.0, "request_time": 1, "request_length": 4000, "request": "POST /v1/chat/completions HTTP/1.1", "status": 200, "input_tokens": "77", "output_tokens": "12", "session": "-"}"#
        let trace = try read(.nginx, [line, line.replacing(#""77""#, with: #""""#)])
        #expect(trace[0].inputTokens == 77 && trace[0].outputTokens == 12 && trace[1].inputTokens == 1000)
        #expect(!trace.hasSessions && trace.saysAnswers)
    }

    @Test func `what asks for no text is left out, and so is what failed`() throws {
        let rows = [
            ("GET /v1/models HTTP/1.1", 200), ("POST /v1/embeddings HTTP/1.1", 200),
            ("POST /v1/completions HTTP/1.1", 429),
            ("POST /v1/completions HTTP/1.1", 502), ("POST /v1/completions HTTP/1.1", 200), ("", 400),
        ]
        let trace = try read(
            .nginx,
            rows.map { request, status in
                "192.0.2.1 - - [16/Nov/2026:18:00:00 +0100] \"\(request)\" \(status) 90 \"-\" \"c\" 400 0.100"
            }
        )
        #expect(trace.count == 1 && trace.rowsRead == 6 && trace.dropped == [.other: 3, .failed: 2])
    }

    /// The form of ingress-nginx, and an older one of it, with the client's address in brackets ahead of the time.
    @Test func `ends of one second are spread over it`() throws {
        let tail = "200 5124 \"-\" \"curl/8.5 [x]\" 2210 1.000 [default-llm-80] [] 10.0.0.7:8000 5124 1.000 200 0a1b"
        let trace = try read(
            .nginx,
            [
                "192.0.2.1 - - [16/Nov/2026:18:17:03 +0000] \"POST /v1/chat/completions HTTP/2.0\" \(tail)",
                "192.0.2.1 - [192.0.2.9] - u [16/Nov/2026:19:17:03 +0100] \"POST /v1/chat/completions HTTP/1.1\" \(tail)",
                "192.0.2.1 - - [16/Nov/2026:18:17:04 +0000] \"POST /v1/chat/completions HTTP/1.1\" \(tail)",
            ]
        )
        // At a quarter and three quarters of the first second, at the middle of the next.
        #expect(trace.times == [0, 500_000_000, 1_250_000_000])
        #expect(trace[0].inputTokens == 552)  // 2210 bytes
    }

    @Test func `a log that tells only when answers ended is refused with what is missing`() throws {
        let line =
            "192.0.2.1 - - [16/Nov/2026:18:17:03 +0000] \"POST /v1/chat/completions HTTP/1.1\" 200 5124 \"-\" \"curl\""
        let fault = try #require(refusal(.nginx, [line]))
        #expect(fault.key == "request_time" && fault.isFatal)
        #expect(fault.message.contains("$request_length $request_time behind the combined format"))
    }

    static let faults: [(String, String, String)] = [
        (
            #"{"request_time": 1, "request": "POST / HTTP/1.1", "status": 200}"#, "msec",
            "missing, and so are time_iso8601 and time_local"
        ),
        (#"{"msec": 1, "request": "POST / HTTP/1.1", "status": 200}"#, "request_time", "missing"),
        (
            #"{"msec": 1, "request_time": -1, "request": "POST / HTTP/1.1", "status": 200}"#, "request_time",
            "not a number of seconds, 0 or more"
        ),
        (#"{"msec": 1, "request_time": 1, "status": 200}"#, "request", "missing, and so is request_method"),
        (#"{"msec": 1, "request_time": 1, "request": "POST / HTTP/1.1"}"#, "status", "missing"),
        (
            #"{"time_iso8601": "noon", "request_time": 1, "request": "POST / HTTP/1.1", "status": 200}"#,
            "time_iso8601", "not a time such as 2026-11-16T18:17:03+00:00"
        ),
        (
            #"{"time_local": "16/Foo/2026:18:17:03 +0000", "request_time": 1, "request": "POST / HTTP/1.1", "status": 200}"#,
            "time_local", "not a time such as 16/Nov/2026:18:17:03 +0000"
        ),
    ]

    @Test(arguments: faults)
    func `a line of nginx that cannot be read says what it wants`(line: String, key: String, message: String) throws {
        let fault = try #require(refusal(.nginx, [line]))
        #expect(fault.key == key && fault.message == message, "\(fault)")
    }

    // MARK: LiteLLM

    @Test func `LiteLLM's payloads and rows are requests, but for failures, its own cache, and what is no text`() throws
    {
        let trace = try read(
            .litellm,
            [
                #"{"id": "1", "call_type": "acompletion", "status": "success", "startTime": 1763316006.25, "endTime": 1763316010.0, "prompt_tokens": 900, "completion_tokens": 40, "cache_hit": null, "messages": [{"role": "user", "content": "secret"}], "response": {"a": [1, {"b": 2}]}, "trace_id": "t", "session_id": "s-1"}"#,
                #"{"request_id": "2", "call_type": "anthropic_messages", "startTime": "2025-11-16T18:00:07.250", "prompt_tokens": 7, "completion_tokens": 1, "cache_hit": "False", "session_id": "", "trace_id": "s-2"}"#,
                #"{"call_type": "aresponses", "startTime": "2025-11-16 18:00:07.500000+00:00", "prompt_tokens": 1000, "completion_tokens": 3, "session_id": "s-1"}"#,
                #"{"call_type": "acompletion", "status": "failure", "startTime": 1763316006.25, "prompt_tokens": null}"#,
                #"{"call_type": "acompletion", "startTime": 1763316006.25, "prompt_tokens": 5, "completion_tokens": 5, "cache_hit": "True"}"#,
                #"{"call_type": "aembedding", "startTime": 1763316006.25, "prompt_tokens": 5, "completion_tokens": 0}"#,
                #"{"call_type": "aget_messages", "startTime": 1763316006.25}"#,
                #"{"call_type": "atext_completion", "startTime": 1763316006.25, "prompt_tokens": 5, "completion_tokens": 0}"#,
            ]
        )
        #expect(trace.times == [0, 1_000_000_000, 1_250_000_000])  // 1763316006 is 2025-11-16 18:00:06 UTC
        #expect(trace.inputTokens == 1907 && trace.outputTokens == 44 && sessions(trace) == [0, 1, 0])
        #expect(trace.rowsRead == 8 && trace.dropped == [.failed: 1, .cached: 1, .other: 2, .noAnswer: 1])
    }

    @Test(arguments: [
        (#"{"startTime": "soon", "prompt_tokens": 1, "completion_tokens": 1}"#, "startTime"),
        (#"{"prompt_tokens": 1, "completion_tokens": 1}"#, "startTime"),
        (#"{"startTime": 1, "completion_tokens": 1}"#, "prompt_tokens"),
        (#"{"startTime": 1, "prompt_tokens": 1, "completion_tokens": -1}"#, "completion_tokens"),
    ])
    func `a line of LiteLLM that cannot be read names the member`(line: String, key: String) {
        #expect(refusal(.litellm, [line])?.key == key)
    }

    // MARK: Sessions

    @Test func `our own lines, BurstGPT's third and Bailian's name sessions`() throws {
        let own = try read(
            .jsonl,
            [
                #"{"at_ms": 0, "input_tokens": 10, "output_tokens": 2, "session": "x"}"#,
                #"{"at_ms": 1, "input_tokens": 10, "output_tokens": 2}"#,
                #"{"at_ms": 2, "input_tokens": 10, "output_tokens": 2, "session": 5}"#,
                #"{"at_ms": 3, "input_tokens": 10, "output_tokens": 2, "session": "x"}"#,
            ]
        )
        #expect(sessions(own) == [0, nil, 1, 0])
        let burst = try read(
            .burstgpt,
            [
                "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type",
                "5.5,,1.25,ChatGPT,472,18,490,API log", "6,s1,2,GPT-4,1087,230,1317,Conversation log",
                "9,s1,2,GPT-4,1400,20,1420,Conversation log",
            ]
        )
        #expect(sessions(burst) == [nil, 0, 0])
        // A request names the one that it follows.
        let chats = [(1, -1), (2, -1), (3, 1), (4, 3), (5, 99)].enumerated().map { place, chat in
            #"{"chat_id": \#(chat.0), "parent_chat_id": \#(chat.1), "timestamp": \#(place), "input_length": 16, "output_length": 1, "hash_ids": [\#(place)]}"#
        }
        let bailian = try read(.bailian, chats, block: 16)
        #expect(sessions(bailian) == [0, 1, 0, 0, 2])
        #expect(bailian.conversations().isEmpty, "its blocks tell more")
    }

    private static let talk: [(session: String, input: Int, output: Int)] = [
        ("a", 100, 20), ("b", 50, 5), ("a", 130, 10),  // 100 + 20 <= 130: it goes on
        ("a", 139, 1),  // 140 were said before: another one
        ("b", 55, 5), ("a", 140, 1),  // goes on with the one before
    ]

    private func talk(_ rows: [(session: String, input: Int, output: Int)]) throws -> Replay {
        let lines = rows.enumerated().map { place, row in
            #"{"at_ms": \#(place * 100), "input_tokens": \#(row.input), "output_tokens": \#(row.output), "session": "\#(row.session)"}"#
        }
        var replay = Replay(file: "/t", format: .jsonl, trace: try read(.jsonl, lines))
        replay.choose()
        return replay
    }

    @Test func `a row goes on with its session's conversation where all that was said before fits into it`() throws {
        let replay = try talk(Self.talk)
        #expect(replay.trace.conversations() == [0, 1, 0, 3, 1, 3])
        #expect((0..<6).map(replay.beginning(of:)) == [0, 1, 0, 3, 1, 3])
        let shares = (0..<6).map { replay.repetition(at: $0).share }
        for (share, expected) in zip(shares, [0, 0, 100.0 / 130, 0, 50.0 / 55, 139.0 / 140]) {
            #expect(abs(Double(share) - expected) < 1e-6, "\(shares)")
        }
    }

    @Test func `its prompt begins with the one before it, and with no other's`() throws {
        let replay = try talk(Self.talk)
        let prompts = TracePrompts(seed: 1)
        let texts = (0..<replay.count).map { index -> [UInt8] in
            var text: [UInt8] = []
            let row = replay.trace[index]
            prompts.append(
                row,
                tokens: row.inputTokens ?? 0,
                index: replay.beginning(of: index),
                blockTokens: 512,
                to: &text
            )
            return text
        }
        #expect(texts[2].starts(with: texts[0]) && texts[4].starts(with: texts[1]) && texts[5].starts(with: texts[3]))
        #expect(texts.map(\.count) == Self.talk.map { 4 * $0.input })
        for other in [1, 3] { #expect(!texts[other].starts(with: texts[0].prefix(16))) }
    }

    @Test func `what is left of a run that was cut off begins its conversations anew`() throws {
        let replay = try talk(Self.talk)
        let rest = try #require(replay.rest(after: .milliseconds(150)))
        #expect(rest.count == 4 && rest.trace.conversations() == [0, 1, 2, 1])
        #expect(rest.repetition(at: 0).share == 0 && rest.repetition(at: 3).share > 0.9)
    }

    @Test func `sessions tell two traces apart`() throws {
        var other = Self.talk
        other[1].session = "a"
        #expect(try talk(Self.talk).digest != talk(other).digest)
    }

    @Test func `answers of untold length are in the plan's bounds at their longest`() throws {
        let line =
            #"{"msec": 1.0, "request_time": 1, "request_length": 400, "request": "POST /v1/completions HTTP/1.1", "status": 200}"#
        var replay = Replay(file: "/t", format: .nginx, trace: try read(.nginx, Array(repeating: line, count: 7)))
        replay.choose()
        var workload = Workload(source: .synthetic(inputTokens: 8))
        workload.maxTokens = .fixed(50)
        let plan = RunPlan(
            seed: 1,
            workload: workload,
            warmupRequests: 0,
            shapes: [.replay(replay)],
            grace: .seconds(1)
        )
        let estimate = plan.estimate(answer: .seconds(1))
        #expect(estimate.requests == 7 && estimate.inputTokens == 700 && estimate.outputTokens == 350)
    }

    @Test(arguments: [
        (#"{"msec": 1, "request_time": 0.1, "status": 200}"#, TraceFormat.nginx),
        ("192.0.2.1 - - [16/Nov/2026:18:17:03 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"c\"", .nginx),
        (#"{"id": "1", "startTime": 1763316006.25, "prompt_tokens": 9}"#, .litellm),
    ])
    func `a log's format is told from its first line`(line: String, format: TraceFormat) {
        #expect(TraceFormat(recognising: line) == format)
    }
}
