import Measurement
import Testing
import Wire

@testable import Engine

@Suite struct CheckQuestionsTests {
    private func plan(questions: Int = 3, off: Bool = true, errors: Bool = true) -> CheckQuestions {
        CheckQuestions(
            preset: Dialect(),
            questions: questions,
            cap: 64,
            reasoningOff: off ? [JSONMember(name: "reasoning_effort", json: "\"none\"")] : nil,
            looksAtErrors: errors
        )
    }

    /// Plays a conversation; gives what was asked.
    private func play(_ plan: CheckQuestions, _ answer: (Question, Int) -> QuestionRecord)
        -> [Question]
    {
        var plan = plan
        var asked: [Question] = []
        while let question = plan.upcoming, asked.count < 50 {
            var record = answer(question, asked.count)
            record.purpose = question.purpose
            record.dialect = question.dialect
            asked.append(question)
            plan.note(record)
        }
        #expect(asked.count <= plan.worst.requests)
        return asked
    }

    @Test func `a check of embeddings costs no output and asks for no reasoning`() {
        let plan = CheckQuestions(
            preset: Dialect(),
            questions: 3,
            cap: 64,
            reasoningOff: [JSONMember(name: "reasoning_effort", json: "\"none\"")],
            looksAtErrors: true,
            wantsVectors: true
        )
        #expect(plan.worst == (8, 8 * 2 * 40, 0))
        let asked = play(plan) { _, _ in good(reasoning: true) }
        #expect(!asked.contains { $0.purpose == .reasoningOff })
    }

    private func good(reasoning: Bool = false) -> QuestionRecord {
        var record = QuestionRecord()
        record.request.outcome = .okLength
        record.request.httpStatus = 200
        record.reasoningBytes = reasoning ? 10 : 0
        return record
    }

    private func refused(_ status: Int, _ words: String) -> QuestionRecord {
        var record = QuestionRecord()
        record.request.outcome = status == 401 ? .auth : status == 429 ? .rateLimited : .http4xx
        record.request.httpStatus = status
        record.request.error = words
        return record
    }

    @Test func `a plain target is asked for its answers and a refusal`() {
        let asked = play(plan()) { question, _ in
            question.purpose == .wrongModel ? refused(404, "no such model") : good()
        }
        #expect(asked.map(\.purpose) == [.answer, .answer, .answer, .wrongModel])
    }

    @Test func `who serves any model is sent a broken body, and who reasons is asked not to`() {
        let asked = play(plan(questions: 1)) { question, _ in
            question.purpose == .brokenBody ? refused(400, "no JSON") : good(reasoning: true)
        }
        #expect(asked.map(\.purpose) == [.answer, .reasoningOff, .wrongModel, .brokenBody])
        #expect(asked[1].extra.map(\.name) == ["reasoning_effort"])
    }

    @Test func `a refusal of a parameter is learnt from before the next request`() {
        let asked = play(plan(errors: false)) { question, _ in
            if question.dialect.sendsTemperature { return refused(400, "'temperature' does not support 0") }
            if question.dialect.maxTokensField == "max_tokens" {
                return refused(400, "Unsupported parameter: 'max_tokens'")
            }
            if question.dialect.asksForUsage { return refused(422, "stream_options: extra fields not permitted") }
            return good()
        }
        #expect(asked.count == 6)
        #expect(asked.suffix(3).allSatisfy { !$0.dialect.sendsTemperature && !$0.dialect.asksForUsage })
        #expect(asked.suffix(3).allSatisfy { $0.dialect.maxTokensField == "max_completion_tokens" })
    }

    @Test func `a server that refuses whatever is said ends the check`() {
        let stubborn = play(plan()) { _, _ in
            refused(400, "temperature max_tokens max_completion_tokens stream_options")
        }
        #expect(stubborn.count == 4)
        #expect(play(plan()) { _, _ in refused(401, "no") }.count == 1)
        #expect(play(plan()) { _, _ in refused(400, "something else") }.count == 1)
    }

    @Test func `who is throttled is asked on`() {
        let asked = play(plan(errors: false)) { _, place in place == 0 ? refused(429, "slow down") : good() }
        #expect(asked.count == 3)
    }

    @Test func `what was learnt is what the run sends`() {
        var provider = Provider(
            name: "p",
            maxTokensField: "max_tokens",
            modelRules: [.init(pattern: "^m", sampling: .greedy)]
        )
        var dialect = Dialect(of: provider, model: "m")
        #expect(dialect == Dialect())
        dialect.maxTokensField = "max_completion_tokens"
        dialect.sendsTemperature = false
        dialect.asksForUsage = false
        dialect.apply(to: &provider, model: "m")
        #expect(Dialect(of: provider, model: "m") == dialect)
        let body = String(decoding: ChatRequest(model: "m", maxTokens: 5, provider: provider).body(), as: UTF8.self)
        #expect(body.contains("\"max_completion_tokens\":5") && !body.contains("temperature"))
        #expect(!body.contains("stream_options"))
    }
}
