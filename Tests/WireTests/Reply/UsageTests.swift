import Testing
import Wire

@Suite struct UsageTests {
    private func usage(_ events: String...) -> Usage {
        decode(events.map { $0.hasPrefix("data") ? $0 : "data: \($0)\n\n" }.joined()).reply.usage
    }
    private let text = chunk("\"content\":\"a\"")

    @Test(arguments: [
        (
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#,
            Usage(input: 5, output: 2, total: 7)
        ),
        (
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":0},"#
                + #""completion_tokens_details":{"reasoning_tokens":0}}}"#,
            Usage(input: 5, cachedInput: 0, output: 2, reasoning: 0)
        ),
        (
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":null,"#
                + #""completion_tokens_details":null}}"#,
            Usage(input: 5, output: 2)
        ),
        (#"{"choices":[{"index":0,"usage":{"prompt_tokens":5,"completion_tokens":2}}]}"#, Usage(input: 5, output: 2)),
        (#"{"x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":2}}}"#, Usage(input: 5, output: 2)),
        (
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"reasoning_tokens":1,"cached_tokens":3}}"#,
            Usage(input: 5, cachedInput: 3, output: 2, reasoning: 1)
        ),
        (
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"cache_read_input_tokens":4}}"#,
            Usage(input: 5, cachedInput: 4, output: 2)
        ),
        (
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_cache_hit_tokens":4}}"#,
            Usage(input: 5, cachedInput: 4, output: 2)
        ),
        (#"{"usage":{"prompt_tokens":5.0,"completion_tokens":2.0}}"#, Usage(input: 5, output: 2)),
        (#"{"usage":null}"#, Usage()), (#"{"usage":{}}"#, Usage()), (#"{"usage":7}"#, Usage()),
        (#"{"usage":{"prompt_tokens":-1,"completion_tokens":"x","total_tokens":1e400}}"#, Usage()),
        (#"{"usage":{"prompt_tokens":null,"completion_tokens":2.5}}"#, Usage()),
    ])
    func `usage is found wherever servers put it`(json: String, expected: Usage) {
        #expect(usage(text, json) == expected)
    }

    @Test func `the top level's usage goes before a choice's`() {
        let both = #"{"choices":[{"usage":{"completion_tokens":1}}],"usage":{"completion_tokens":2}}"#
        #expect(usage(text, both).output == 2)
    }

    @Test func `the last usage wins and is never summed`() {
        let parts = (1...3).map {
            #"{"usage":{"prompt_tokens":5,"completion_tokens":\#($0),"total_tokens":\#(5 + $0)}}"#
        }
        #expect(usage(text, parts[0], parts[1], parts[2]) == Usage(input: 5, output: 3, total: 8))
    }

    @Test func `null, absent and zero usage erase nothing`() {
        let real =
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":4}}}"#
        let zero =
            #"{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}}"#
        let expected = Usage(input: 5, cachedInput: 4, output: 2, total: 7)
        #expect(usage(text, real, #"{"usage":null}"#, #"{"choices":[]}"#, zero) == expected)
        #expect(usage(zero, text, real) == expected)
    }

    @Test func `zeros beside text are no count`() {
        let zero = #"{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#
        #expect(usage(zero, text) == Usage())
        let form = #"{"usage":{"prompt_tokens":0,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":0}}}"#
        #expect(usage(form, text) == Usage())
        #expect(usage(text, zero) == Usage())
        #expect(usage(zero) == Usage(input: 0, output: 0, total: 0))
        let noReasoning =
            #"{"usage":{"prompt_tokens":5,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":0}}}"#
        #expect(usage(chunk("\"reasoning\":\"r\""), noReasoning) == Usage(input: 5, output: 2))
        #expect(usage(text, noReasoning) == Usage(input: 5, output: 2, reasoning: 0))
    }

    @Test(arguments: [
        (10, 20, 65, 35, 55),  // xAI: reasoning beside the completion
        (10, 55, 65, 35, 55),  // included, as nearly all do
        (10, 20, 65, 0, 20),  // the total is odd, but there is no reasoning to explain it
    ])
    func `reasoning that the completion leaves out is taken from the total`(
        prompt: Int,
        completion: Int,
        total: Int,
        reasoning: Int,
        output: Int64
    ) {
        let json = """
            {"usage":{"prompt_tokens":\(prompt),"completion_tokens":\(completion),"total_tokens":\(total),\
            "completion_tokens_details":{"reasoning_tokens":\(reasoning)}}}
            """
        #expect(usage(text, json).output == output)
    }

    @Test(arguments: [Usage.mostTokens + 1, 1 << 62, .max])
    func `a count above what is believed is not told`(most: Int64) {
        let json = """
            {"usage":{"prompt_tokens":\(most),"completion_tokens":\(most),"total_tokens":\(most),\
            "completion_tokens_details":{"reasoning_tokens":\(most)}}}
            """
        #expect(usage(text, json) == Usage())
        let fair = #"{"usage":{"prompt_tokens":3,"completion_tokens":\#(Usage.mostTokens),"total_tokens":\#(most)}}"#
        #expect(usage(text, fair) == Usage(input: 3, output: Usage.mostTokens))
    }

    @Test(
        arguments: [
            (
                #"{"timings":{"prompt_ms":40.5,"predicted_ms":780}}"#, nil, 40.5, 780, nil
            ),
            (#"{"metrics":{"time_to_first_token_ms":22,"queue_time_ms":3,"generation_time_ms":9}}"#, 3, nil, 9, 22),
            (
                #"{"usage":{"completion_tokens":1,"queue_time":0.5,"prompt_time":0.25,"completion_time":2}}"#, 500, 250,
                2000, nil
            ),
            (#"{"x_groq":{"usage":{"completion_tokens":1,"queue_time":0.5}}}"#, 500, nil, nil, nil),
            (#"{"time_info":{"queue_time":0.5,"prompt_time":0.25,"completion_time":2}}"#, 500, 250, 2000, nil),
            (#"{"usage":{"completion_tokens":1,"time_to_first_token":0.125}}"#, nil, nil, nil, 125),
            (#"{"perf_metrics":{"server-time-to-first-token":"0.125","prefill-duration":0.5}}"#, nil, 500, nil, 125),
        ] as [(String, Double?, Double?, Double?, Double?)]
    )
    func `a server's own times are kept in milliseconds`(
        json: String,
        queue: Double?,
        prefill: Double?,
        generation: Double?,
        firstToken: Double?
    ) {
        let timings = decode("data: \(json)\n\n").reply.serverTimings
        #expect(timings?.queueMilliseconds == queue)
        #expect(timings?.prefillMilliseconds == prefill)
        #expect(timings?.generationMilliseconds == generation)
        #expect(timings?.firstTokenMilliseconds == firstToken)
    }

    @Test func `a server that says nothing of its times has none`() {
        #expect(decode(text + "data: {\"timings\":{}}\n\n").reply.serverTimings == nil)
    }

    @Test(arguments: [
        ("stop", FinishReason.stop), ("eos", .stop), ("length", .length), ("max_tokens", .length), ("STOP", .stop),
        ("tool_calls", .tool), ("function_call", .tool), ("content_filter", .contentFilter), ("refusal", .refusal),
        ("error", .error), ("abort", .error), ("something_new", .other),
    ])
    func `finish reasons are brought to one vocabulary`(word: String, expected: FinishReason) {
        let reply = decode(chunk("", finish: "\"\(word)\"")).reply
        #expect(reply.finishWord == word)
        #expect(reply.finish == expected)
    }

    @Test func `the reply's finish reason is that of its lowest choice`() {
        let reply = decode(
            "data: {\"choices\":[{\"index\":1,\"finish_reason\":\"length\"},{\"index\":0,\"finish_reason\":null}]}\n\n"
        ).reply
        #expect(reply.finish == nil)
        #expect(reply.unfinishedChoices == 1)
    }
}
