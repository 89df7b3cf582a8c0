import Schedule
import Testing

/// Each format by its own spelling, with the traps that real files have.
@Suite struct TraceFormatTests {
    @Test func `Azure's times have seven digits, or a zone, or no fraction`() throws {
        let header = "TIMESTAMP,ContextTokens,GeneratedTokens"
        let old = try read(
            .azure,
            [
                header, "2023-11-16 18:17:03.9799600,4808,10", "2023-11-16 18:17:04.0319600,3180,8",
                "2023-11-17 00:00:00,1,2",
            ]
        )
        #expect(old.times == [0, 52_000_000, 20_576_020_040_000])
        #expect(old[0].inputTokens == 4808 && old[0].outputTokens == 10)
        #expect(old.rowsRead == 3 && old.dropped.isEmpty && !old.hasBlocks)
        let new = try read(
            .azure,
            [
                header, "2024-05-10 00:00:00.009930+00:00,10,1", "2024-05-10 02:00:01+02:00,10,1",
                "2024-05-09T23:30:00.5-00:30,20,2",
            ]
        )
        #expect(new.times == [0, 490_070_000, 990_070_000])  // in order: the third row lies in between
        #expect(new[1].inputTokens == 20)
    }

    @Test func `columns go by name, wherever they stand`() throws {
        let trace = try read(
            .azure,
            ["\u{feff}Model,GeneratedTokens, contexttokens ,TIMESTAMP", "m,7,11,2024-02-29 12:00:00"]
        )
        #expect(trace[0].inputTokens == 11 && trace[0].outputTokens == 7)
        let third = try read(
            .burstgpt,
            [
                "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type",
                "5.5,,1.25,ChatGPT,472,18,490,API log", "6,s1,2,\"GPT-4, large\",1087,230,1317,Conversation log",
            ]
        )
        #expect(third.times == [0, 500_000_000])
        #expect(third[1].inputTokens == 1087 && third[1].outputTokens == 230)
    }

    @Test func `BurstGPT's rows without an answer are failures and are left out, and said to be`() throws {
        let trace = try read(
            .burstgpt,
            [
                "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type", "5,ChatGPT,472,18,490,x",
                "45,ChatGPT,1087,0,1087,x", "118,GPT-4,0,0,0,x", "119,GPT-4,0,9,9,x", "120,GPT-4,3,9,12,x",
            ]
        )
        #expect(trace.count == 2)
        #expect(trace.rowsRead == 5)
        #expect(trace.dropped == [.failed: 2, .noPrompt: 1])
        #expect(trace.times == [0, 115_000_000_000])
    }

    @Test func `Mooncake's rows of one timestamp stay at once, with the names of their blocks`() throws {
        let trace = try read(
            .mooncake,
            [
                #"{"timestamp": 0, "input_length": 600, "output_length": 500, "hash_ids": [0, 1]}"#,
                #"{"timestamp": 0, "input_length": 512, "output_length": 490, "hash_ids": [0]}"#,
                #"{"timestamp": 3000.5, "input_length": 1, "output_length": 4, "hash_ids": [9]}"#,
            ]
        )
        #expect(trace.times == [0, 0, 3_000_500_000])
        #expect(trace.hasBlocks)
        #expect((0..<3).map { Array(trace[$0].blocks) } == [[0, 1], [0], [9]])
        #expect(trace.inputTokens == 1113 && trace.outputTokens == 994)
    }

    @Test func `our own lines say when and how long`() throws {
        let trace = try read(
            .jsonl,
            [
                #"{"at_ms": 250, "input_tokens": 10, "output_tokens": 2}"#,
                #"{"at_ms": 100.25, "input_tokens": 7, "output_tokens": 1}"#,
            ]
        )
        #expect(trace.times == [0, 149_750_000])
        #expect(trace[0].inputTokens == 7)
    }

    @Test func `ServeGen's rates are drawn, each stretch at its own`() throws {
        let lines = [
            "0,0,0,,0,0", "600,2.5,0.5,Gamma,4,0.1", "1200,4,1.5,Weibull,0.7,9", "1800,0,0,,0,0",
        ]
        let trace = try read(.servegen, lines, seed: 3)
        #expect(trace == (try read(.servegen, lines, seed: 3)))
        #expect(trace != (try read(.servegen, lines, seed: 4)))
        #expect(trace.rowsRead == 4 && trace.dropped == [.idle: 2])
        let first = trace.times.filter { $0 < 600_000_000_000 }.count
        // 1,500 with a CV of 0.5, and 2,400 with one of 1.46: four standard deviations.
        #expect(abs(first - 1500) < 80, "\(first)")
        #expect(abs(trace.count - first - 2400) < 290, "\(trace.count - first)")
        #expect(trace[0].inputTokens == nil && !trace.saysTokens)
    }

    /// A stretch lasts until the next begins, and a Weibull law of a small shape has gaps of nearly nothing.
    @Test(arguments: [
        ["0,10,1,Gamma,1,1", "1000000000,0,0,,0,0"], ["0,100000,1,Gamma,1,1"],
        ["0,1,1,Weibull,0.001,1", "600,0,0,,0,0"], ["0,1,1,Weibull,0.09,1"],
    ])
    func `ServeGen's rates that make more requests than fit are refused`(lines: [String]) throws {
        let fault = try #require(throws: TraceFault.self) { try read(.servegen, lines) }
        #expect(fault.message.contains("50 million") || fault.key == "p1")
    }

    static let lines: [(String, TraceFormat?)] = [
        ("TIMESTAMP,ContextTokens,GeneratedTokens\r", .azure),
        ("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type", .burstgpt),
        (#"{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0]}"#, .mooncake),
        (#"{"at_ms": 0, "input_tokens": 1, "output_tokens": 1}"#, .jsonl), ("0,0.105,0.92,Gamma,1.16,8.05", .servegen),
        ("SQLite format 3\0", .spate), ("time,tokens", nil), ("{\"a\": 1}", nil), ("", nil),
    ]

    @Test(arguments: lines)
    func `a format is told from the first line`(line: String, format: TraceFormat?) {
        #expect(TraceFormat(recognising: line) == format)
    }

    static let faults: [(TraceFormat, [String], String, String)] = [
        (
            .azure, ["TIMESTAMP,Tokens", "x,1"], "ContextTokens",
            "the header has no such column; read TIMESTAMP, Tokens"
        ),
        (
            .azure, ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-13-16 18:17:03,1,1"], "TIMESTAMP",
            "read \"2023-13-16 18:17:03\"; allowed: a time such as 2023-11-16 18:17:03.9799600"
        ),
        (
            .azure, ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:17:03,many,1"], "ContextTokens",
            "read \"many\"; allowed: a whole number of tokens"
        ),
        (
            .azure, ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:17:03,1"], "",
            "read 2 fields; the header has 3"
        ),
        (
            .burstgpt, ["Timestamp,Request tokens,Response tokens", "-4,1,1"], "Timestamp",
            "read \"-4\"; allowed: a number of seconds, 0 or more"
        ),
        (
            .mooncake, [#"{"timestamp": 0, "input_length": 600, "output_length": 1, "hash_ids": [0]}"#], "hash_ids",
            "1 blocks for 600 tokens; blocks of 512 make 2 (block_tokens)"
        ),
        (.mooncake, [#"{"timestamp": 0, "output_length": 1}"#], "input_length", "missing"),
        (
            .jsonl, ["not JSON"], "",
            "read \"not JSON\"; allowed: a JSON object with at_ms, input_tokens and output_tokens"
        ),
        (.servegen, ["0,1,1,Pareto,1,1"], "pattern", "read \"Pareto\"; allowed: Gamma or Weibull"),
    ]

    @Test(arguments: faults)
    func `a line that cannot be read says what it wants`(
        format: TraceFormat,
        lines: [String],
        key: String,
        message: String
    ) throws {
        let fault = try #require(refusal(format, lines))
        #expect(fault.key == key)
        #expect(fault.message == message)
    }
}
