public import Measurement
public import Wire

/// Which request comes next in the check of a target, and when it is over. Pure: the same answers, the same questions.
///
///     answer ─(refused for a parameter)─► answer in other words, at most three times
///       └─► answer × questions ─► reasoning off, where reasoning was seen ─► wrong model ─(served)─► broken body
public struct CheckQuestions: Questionnaire, Sendable {
    public static let name = "check"

    /// The prompt of every question, about a dozen tokens; an answer without end, so that the cap cuts it.
    public static let prompt = "Count from 1 to 300 in words, separated by commas."
    /// Of a request for embeddings: one that returned fewer vectors would be found out.
    public static let inputs = [prompt, "A sentence of its own."]
    private static let promptTokens = 40  // with what chat templates add, at most

    private let preset: Dialect
    private let questions: Int
    private let cap: Int
    private let reasoningOff: [JSONMember]?
    private let looksAtErrors: Bool
    private let wantsVectors: Bool
    public private(set) var dialect: Dialect
    private var asked: [QuestionRecord.Purpose: Int] = [:]
    private var sawReasoning = false
    private var gaveUp = false
    private var wrongModelWasServed = false

    /// - Parameters:
    ///   - questions: answers asked for.
    ///   - cap: their output tokens: 64 shows a stream flow, and is cheap.
    ///   - reasoningOff: members that switch reasoning off; nil = no way is known.
    ///   - wantsVectors: whether embeddings are asked for, which have no output tokens.
    public init(
        preset: Dialect,
        questions: Int,
        cap: Int,
        reasoningOff: [JSONMember]?,
        looksAtErrors: Bool,
        wantsVectors: Bool = false
    ) {
        self.preset = preset
        self.questions = questions
        self.cap = cap
        self.reasoningOff = wantsVectors ? nil : reasoningOff
        self.wantsVectors = wantsVectors
        self.looksAtErrors = looksAtErrors
        dialect = preset
    }

    /// Requests, input and output tokens at most.
    public var worst: (requests: Int, inputTokens: Int, outputTokens: Int) {
        // Refusals for a parameter cost nothing, but a server may bill what it likes.
        let requests = questions + 3 + (reasoningOff == nil ? 0 : 1) + (looksAtErrors ? 2 : 0)
        let inputs = wantsVectors ? Self.inputs.count : 1
        return (requests, requests * inputs * Self.promptTokens, wantsVectors ? 0 : requests * cap)
    }

    /// The next request; nil when the check is over.
    public var upcoming: Question? {
        if gaveUp { return nil }
        if asked[.answer, default: 0] < questions { return question(.answer, cap: cap) }
        if sawReasoning, let reasoningOff, asked[.reasoningOff] == nil {
            return question(.reasoningOff, extra: reasoningOff, cap: cap)
        }
        guard looksAtErrors else { return nil }
        if asked[.wrongModel] == nil { return question(.wrongModel, cap: 1) }
        if wrongModelWasServed, asked[.brokenBody] == nil { return question(.brokenBody, cap: 1) }
        return nil
    }

    private func question(_ purpose: QuestionRecord.Purpose, extra: [JSONMember] = [], cap: Int) -> Question {
        Question(
            purpose: purpose,
            dialect: dialect,
            extra: extra,
            cap: cap,
            prompts: wantsVectors ? Self.inputs : [Self.prompt]
        )
    }

    /// What came of the last question.
    public mutating func note(_ record: QuestionRecord) {
        if record.purpose == .answer, isRefusal(record), let words = record.request.error,
            let changed = dialect.adapted(to: words, from: preset)
        {
            dialect = changed
            return  // the same question once more
        }
        asked[record.purpose, default: 0] += 1
        switch record.purpose {
        case .answer:
            if record.reasoningBytes > 0 || record.request.reasoningTokens ?? 0 > 0 { sawReasoning = true }
            // The first answer decides: a target that refuses it will refuse the others too.
            if !record.succeeded, !record.isThrottled, asked[.answer] == 1 { gaveUp = true }
        case .wrongModel: wrongModelWasServed = record.succeeded
        case .reasoningOff, .brokenBody: break
        }
    }

    private func isRefusal(_ record: QuestionRecord) -> Bool {
        record.request.httpStatus == 400 || record.request.httpStatus == 422
    }
}

extension Dialect {
    public init(of provider: Provider, model: String) {
        self.init()
        maxTokensField = provider.maxTokensField
        sendsTemperature = provider.sampling(for: model) == .greedy
        asksForUsage = provider.usageRequest == .streamOptions
    }

    /// The preset as the target wants it.
    public func apply(to provider: inout Provider, model: String) {
        provider.maxTokensField = maxTokensField
        if !sendsTemperature, provider.sampling(for: model) == .greedy {
            provider.sampling = .omit
            provider.modelRules = []
        }
        if !asksForUsage, provider.usageRequest == .streamOptions { provider.usageRequest = .unasked }
    }
}
