import Measurement
import Testing

@Suite struct CheckResultTests {
    /// A short answer: 64 tokens asked for and given, an event and a read each.
    private func answer(_ change: (inout QuestionRecord) -> Void = { _ in }) -> QuestionRecord {
        var question = QuestionRecord()
        question.cap = 64
        question.isCut = true
        question.usagePlace = .end
        question.httpVersion = "HTTP/1.1"
        question.request.outcome = .okLength
        question.request.dispatchLag = 0
        question.request.httpStatus = 200
        question.request.finish = "length"
        question.request.written = 100_000
        question.request.firstToken = 50_000_000
        question.request.lastToken = 700_000_000
        question.request.ended = 701_000_000
        question.request.tokenEvents = 64
        question.request.tokenReads = 64
        question.request.textBytes = 256
        question.request.visibleBytes = 256
        question.request.inputTokens = 20
        question.request.outputTokens = 64
        question.request.tokenSource = .usage
        question.request.connection = .reused
        change(&question)
        return question
    }

    private func refusal(_ purpose: QuestionRecord.Purpose, _ status: Int, structured: Bool = true) -> QuestionRecord {
        var question = QuestionRecord()
        question.purpose = purpose
        question.request.dispatchLag = 0
        question.request.outcome = status == 401 ? .auth : status == 429 ? .rateLimited : .http4xx
        question.request.httpStatus = status
        question.request.error = "the server's words"
        question.hasStructuredError = structured
        return question
    }

    private func check(_ questions: [QuestionRecord], _ change: (inout CheckEvidence) -> Void = { _ in }) -> CheckResult
    {
        var evidence = CheckEvidence()
        evidence.target.model = "m"
        evidence.reach.status = 200
        evidence.reach.models = ["m"]
        evidence.questions = questions
        change(&evidence)
        return CheckResult(of: evidence)
    }

    private func verdict(_ property: CheckResult.Property, _ check: CheckResult) -> CheckResult.Verdict? {
        check[property]?.verdict
    }

    @Test func `a good target passes every property`() {
        let check = check([answer(), answer(), answer(), refusal(.wrongModel, 404)])
        #expect(check.isUsable)
        #expect(check.findings.map(\.property) == CheckResult.Property.allCases.filter { $0 != .vectors })
        for finding in check.findings { #expect(finding.verdict == .ok, "\(finding)") }
        #expect(check.answers.ttftMilliseconds?.p50 == 50)
        #expect(check.answers.availability?.value == 1)
        #expect(check.requests == 4 && check.outputTokens == 192)
    }

    @Test func `embeddings are checked by their vectors, and not by tokens they do not have`() {
        func vectors(_ count: Int, _ change: (inout QuestionRecord) -> Void = { _ in }) -> QuestionRecord {
            answer {
                $0.request.outcome = .ok
                ($0.request.firstToken, $0.request.tokenEvents, $0.request.tokenReads) = (nil, 0, 0)
                ($0.request.outputTokens, $0.request.textBytes, $0.request.visibleBytes) = (0, 0, 0)
                ($0.request.inputs, $0.request.vectors, $0.dimensions) = (2, count, 64)
                change(&$0)
            }
        }
        let good = check([vectors(2), vectors(2), refusal(.wrongModel, 404)]) { $0.wantsVectors = true }
        #expect(good.isUsable && good[.vectors]?.seen == "2 for 2 inputs, of 64 dimensions")
        let text: [CheckResult.Property] = [
            .streams, .firstToken, .maxTokens, .temperature, .stopReason, .tokensPerEvent,
        ]
        #expect(text.allSatisfy { good[$0] == nil })
        #expect(good[.usage]?.verdict == .ok && good.outputTokens == 0)
        let few = check([vectors(2), vectors(1)]) { $0.wantsVectors = true }
        #expect(few.failedRequirements == [.vectors] && few[.vectors]?.seen == "1 vectors came for 2 inputs")
        let silent = check([vectors(2) { ($0.usagePlace, $0.request.inputTokens) = (.never, nil) }]) {
            $0.wantsVectors = true
        }
        #expect(silent[.usage]?.seen == "1 of 1 answers reported no token counts: input tokens and cost are unknown")
    }

    @Test func `who cannot be reached has no other property`() {
        let check = check([]) { $0.reach.problem = "connection refused" }
        #expect(check.failedRequirements == [.reachable])
        #expect(check.findings.map(\.property) == [.reachable])
    }

    @Test func `a refused key and a wrong model are told in the server's words`() {
        let key = check([refusal(.answer, 401)])
        #expect(key.failedRequirements == [.authorised, .model])
        #expect(key[.authorised]?.seen == "HTTP 401: the server's words")
        let model = check([refusal(.answer, 404)])
        #expect(model.failedRequirements == [.model])
        #expect(model[.model]?.seen == "HTTP 404: the server's words")
    }

    @Test func `a throttled target is not called unusable`() {
        let check = check([refusal(.answer, 429), refusal(.answer, 429)])
        #expect(check.isUsable)
        #expect(verdict(.model, check) == .unknown)
        #expect(check.answers.requests.throttled == 2 && check.answers.requests.failed == 0)
    }

    @Test func `a stream that came in one piece is not streamed`() {
        let whole = answer {
            $0.isWhole = true
            $0.request.firstToken = nil
        }
        #expect(check([whole, whole, whole]).failedRequirements == [.streams])
        let unasked = check([whole]) { $0.wantsStream = false }
        #expect(unasked.isUsable && verdict(.firstToken, unasked) == .unknown)
    }

    @Test(arguments: [(64, 1, true), (64, 3, true), (64, 8, true), (64, 9, false), (64, 20, false), (7, 1, false)])
    func `eight events and more in each read are held back by something`(events: Int, reads: Int, isHeld: Bool) {
        let question = answer {
            $0.request.tokenEvents = events
            $0.request.tokenReads = reads
        }
        #expect((verdict(.streams, check([question, question, question])) == .failed) == isHeld)
    }

    @Test func `a server so fast that tokens share reads is not called held back`() {
        let fast = answer {
            $0.request.tokenReads = 6
            $0.request.lastToken = 75_000_000  // 5 reads after the first, 5 ms apart
        }
        let check = check([fast, fast, fast])
        #expect(verdict(.streams, check) == .odd && check.isUsable)
        #expect(check[.streams]?.seen == "64 token events in 6 reads, one each 5 ms: so fast that events share reads")
    }

    @Test func `what comes all at once was held back, however fast it comes`() {
        let burst = answer {
            $0.request.tokenReads = 4
            $0.request.lastToken = 51_000_000
        }
        #expect(check([burst, burst, burst]).failedRequirements == [.streams])
    }

    @Test func `one held-back answer of three is odd, not a failure`() {
        let held = answer { $0.request.tokenReads = 1 }
        let check = check([answer(), held, answer()])
        #expect(verdict(.streams, check) == .odd && check.isUsable)
    }

    @Test func `a cap that is passed fails, one that was never reached is not known`() {
        let over = answer { $0.request.outputTokens = 100 }
        let check1 = check([over])
        #expect(check1.failedRequirements == [.maxTokens])
        #expect(check1[.maxTokens]?.seen.contains("64 was asked for, 100 tokens came") == true)
        let short = answer {
            $0.request.outputTokens = 9
            $0.isCut = false
            $0.request.finish = "stop"
        }
        #expect(verdict(.maxTokens, check([short])) == .unknown)
        #expect(verdict(.stopReason, check([short])) == .ok)
    }

    @Test func `a stop reason that contradicts the counts is odd`() {
        let liar = answer {
            $0.isCut = false
            $0.request.finish = "stop"
        }
        #expect(verdict(.stopReason, check([liar])) == .odd)
        let early = answer { $0.request.outputTokens = 10 }
        #expect(verdict(.stopReason, check([early])) == .odd)
    }

    @Test func `without usage tokens, stop reason and cost are not known`() {
        let silent = answer {
            $0.usagePlace = .never
            $0.request.tokenSource = .events
            $0.request.inputTokens = nil
        }
        let check = check([silent]) {
            $0.target.inputPrice = 1
            $0.target.outputPrice = 1
        }
        #expect(verdict(.usage, check) == .odd && verdict(.tokensPerEvent, check) == .unknown)
        #expect(verdict(.stopReason, check) == .unknown && check.dollars == nil)
    }

    @Test func `what a check cost is what its requests cost`() {
        let check = check([answer(), answer(), refusal(.wrongModel, 404)]) {
            $0.target.inputPrice = 1
            $0.target.outputPrice = 4
        }
        #expect(abs((check.dollars ?? 0) - 2 * (20 + 4 * 64) / 1e6) < 1e-12)
    }

    @Test func `reasoning, its switch, and answers that are nothing else`() {
        let thinker = answer {
            $0.reasoningBytes = 128
            $0.request.reasoningTokens = 32
        }
        let quiet = answer { $0.purpose = .reasoningOff }
        let stubborn = answer {
            $0.purpose = .reasoningOff
            $0.reasoningBytes = 128
        }
        #expect(verdict(.reasoning, check([thinker, quiet])) == .ok)
        #expect(check([thinker, stubborn])[.reasoning]?.seen.contains("the switch is ignored") == true)
        #expect(check([thinker])[.reasoning]?.seen.contains("no switch is known") == true)
        let lost = answer {
            $0.reasoningBytes = 256
            $0.request.visibleBytes = 0
            $0.request.outcome = .reasoningOnly
        }
        #expect(check([lost, quiet])[.reasoning]?.seen.contains("1 of 1 answers held only reasoning") == true)
        #expect(check([lost]).isUsable)
    }

    @Test func `refusals for a parameter teach, and count as no answer`() {
        var refused = refusal(.answer, 400)
        refused.request.error = "Unsupported parameter: 'max_tokens'"
        var dialect = Dialect()
        dialect.maxTokensField = "max_completion_tokens"
        let good = answer { $0.dialect = dialect }
        let check = check([refused, good]) { $0.dialect = dialect }
        #expect(check.isUsable && check.answers.requests.scheduled == 1 && check.requests == 2)
        #expect(check.learnt == ["it refused max_tokens; max_completion_tokens is sent instead"])
    }

    @Test func `the shape of errors, and servers that serve anything`() {
        #expect(verdict(.errors, check([answer(), refusal(.wrongModel, 404, structured: false)])) == .odd)
        let served = answer { $0.purpose = .wrongModel }
        let check1 = check([answer(), served, refusal(.brokenBody, 400)])
        #expect(
            check1[.errors]?.seen == "a model that does not exist is served all the same; a broken body gets HTTP 400 "
                + "with a message in JSON"
        )
    }

    @Test func `a connection for each answer is told`() {
        let alone = answer { $0.request.connection = .new }
        #expect(verdict(.connection, check([alone, alone, alone])) == .odd)
        #expect(verdict(.connection, check([alone, answer()])) == .ok)
    }

    @Test func `a cold first answer is told`() {
        let cold = answer { $0.request.firstToken = 4_000_000_000 }
        let check = check([cold, answer(), answer()])
        #expect(verdict(.firstToken, check) == .odd)
        #expect(check[.firstToken]?.seen.hasPrefix("4,000, 50, 50 ms") == true)
    }

    // MARK: words

    @Test(arguments: [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "max_completion_tokens"
        ),
        (
            #"[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]"#,
            "max_completion_tokens"
        ),
        ("messages must not be empty", nil as String?),
    ])
    func `a refusal of the cap's name brings the other name`(words: String, expected: String?) {
        #expect(Dialect().adapted(to: words, from: Dialect())?.maxTokensField == expected)
    }

    @Test func `each part changes once, so that no server leads in circles`() throws {
        let preset = Dialect()
        let words = "temperature, max_tokens, max_completion_tokens and stream_options are all wrong"
        var dialect = preset
        var steps = 0
        while let next = dialect.adapted(to: words, from: preset) {
            #expect(next != dialect)
            dialect = next
            steps += 1
            try #require(steps <= 3)
        }
        #expect(!dialect.sendsTemperature && !dialect.asksForUsage)
        #expect(dialect.maxTokensField == "max_completion_tokens")
        #expect(dialect.differences(from: preset).count == 3)
    }
}
