internal import Schedule
internal import Wire

/// The bytes of a target's requests: the workload's prompt of an index, as the provider wants it.
struct RequestMaker {
    private let prompts: Prompts
    private let workload: Workload
    private let model: String
    private let provider: Provider
    private let extra: [JSONMember]  // the user's own; they replace the provider's of the same name
    private let template: BodyTemplate
    /// nil when nothing is expected of answers.
    let check: AnswerCheck?
    /// Texts of a request for embeddings; nil where text is asked for.
    let inputs: Int?
    private let tracePrompts: TracePrompts?  // where the plan replays a trace

    /// - Parameter salt: makes the nonces of this run differ from those of an earlier one with the same seed.
    init(target: EngineTarget, salt: UInt64) {
        workload = target.plan.workload
        let replays = target.plan.phases.contains { $0.kind == .replay }
        tracePrompts = replays ? TracePrompts(seed: target.plan.seed, salt: salt) : nil
        prompts = Prompts(workload: workload, seed: target.plan.seed, salt: salt)
        model = target.model
        provider = target.provider
        extra = workload.extraBody.flatMap { JSONParser().members(of: $0) } ?? []
        check = AnswerCheck(workload)
        inputs = provider.api.makesVectors ? workload.inputsPerRequest : nil
        template = BodyTemplate(
            Self.request(model, provider, workload, extra, [.init(role: "user", content: "")]),
            api: provider.api
        )
    }

    private static func request(
        _ model: String,
        _ provider: Provider,
        _ workload: Workload,
        _ extra: [JSONMember],
        _ messages: [ChatRequest.Message]
    ) -> ChatRequest {
        var request = ChatRequest(model: model, messages: messages, provider: provider)
        if let temperature = workload.temperature, provider.sampling(for: model) == .greedy {
            request.temperature = temperature
        } else {
            request.temperature = nil
        }
        request.ignoresEndOfSequence = workload.ignoreEOS
        request.extra += extra
        return request
    }

    /// The prompt, where others send the same and the model is asked to be the same each time: temperature 0, one cap.
    func comparablePrompt(index: Int64) -> Int? {
        guard workload.temperature == 0, provider.sampling(for: model) == .greedy,
            workload.maxTokens.least == workload.maxTokens.greatest
        else { return nil }
        return workload.sharedPrompt(at: Int(index))
    }

    /// About how long the body of a synthetic prompt is.
    var usualBytes: Int {
        if case .synthetic(let tokens) = workload.source { return 4 * tokens + 256 }
        return 4096
    }

    /// Which prompt a request asks.
    enum Subject: Hashable {
        case prompt(Int)  // the one of that number
        case item(Int)  // that place of a job's list
        case warmup  // one of ours, where the prompts are the user's and a job
    }

    /// About how long the body of a trace's row is.
    func bytes(of row: Trace.Row) -> Int { 4 * (row.inputTokens ?? usualBytes / 4) + 256 }

    /// The body of a request, of a trace's row where there is one: a prompt of the row's length, capped at the length of
    /// its answer. What the row does not say is the workload's.
    func body(index: Int64, _ subject: Subject, arrival: Int?, in replay: Replay?) -> (bytes: [UInt8], maxTokens: Int) {
        guard let arrival, let replay, let tracePrompts else { return body(index: index, subject) }
        let row = replay.trace[arrival]
        guard let tokens = row.inputTokens else { return body(index: index, subject) }
        let number = if case .prompt(let place) = subject { place } else { Int(index) }
        let cap = inputs != nil ? 0 : row.outputTokens ?? prompts.maxTokens(at: number)
        var bytes: [UInt8] = []
        template.append(plainBytes: 4 * tokens, maxTokens: cap, to: &bytes) { text in
            tracePrompts.append(row, tokens: tokens, index: arrival, blockTokens: replay.blockTokens, to: &text)
        }
        return (bytes, cap)
    }

    /// The body of the request with that index, and its cap on output tokens.
    func body(index: Int64, _ subject: Subject) -> (bytes: [UInt8], maxTokens: Int) {
        let number = Int(index)
        if let inputs { return (texts(inputs, subject, number), 0) }
        switch subject {
        case .prompt(let place):
            return body(prompts.messages(at: place), prompts.maxTokens(at: place), prompt(at: place))
        case .item(let place):
            return body(prompts.messages(at: place, nonce: number), prompts.maxTokens(at: place), prompt(at: place))
        case .warmup: return body(prompts.warmup(at: number), prompts.maxTokens(at: number), nil)
        }
    }

    /// Each input is a prompt of its own: request n takes the n-th stretch of them. There are no output tokens to cap.
    private func texts(_ inputs: Int, _ subject: Subject, _ number: Int) -> [UInt8] {
        let messages: [Prompt.Message] = (0..<inputs).map { place in
            let turns =
                switch subject {
                case .prompt(let first): prompts.messages(at: first * inputs + place)
                case .item(let first): prompts.messages(at: first * inputs + place, nonce: number * inputs + place)
                case .warmup: prompts.warmup(at: number * inputs + place)
                }
            return Prompt.Message(role: "user", content: turns.map(\.content).joined(separator: "\n\n"))
        }
        return body(messages, 0, nil).bytes
    }

    /// The body of a conversation's present question, with all that was said before.
    func body(of conversation: Conversation) -> (bytes: [UInt8], maxTokens: Int) {
        let messages = conversation.said + prompts.question(of: conversation)
        return body(messages, prompts.maxTokens(of: conversation), prompts.prompt(of: conversation))
    }

    func conversation(_ number: Int) -> Conversation? { prompts.conversation(number) }

    func listPlace(of conversation: Conversation) -> Int { prompts.listPlace(of: conversation) }

    /// The conversation with this answer in it, and how long its user thinks before the next question.
    func continued(_ conversation: Conversation, with answer: String) -> (Conversation, think: Duration) {
        let next = conversation.answered(prompts.question(of: conversation), with: answer)
        return (next, prompts.think(after: conversation))
    }

    func body(index: Int64) -> (bytes: [UInt8], maxTokens: Int) { body(index: index, .prompt(Int(index))) }

    /// What the user calls the prompt at a place of the list.
    func customID(of place: Int) -> String { prompt(at: place)?.id ?? "request-\(place + 1)" }

    private func prompt(at index: Int) -> Prompt? { prompts.prompt(at: index) }

    /// How long after its dispatch the user gives up on that request; nil = never.
    func patience(index: Int64) -> Duration? { prompts.patience(at: Int(index)) }

    private func body(_ prompt: [Prompt.Message], _ cap: Int, _ own: Prompt?) -> (bytes: [UInt8], maxTokens: Int) {
        var bytes: [UInt8] = []
        if prompt.count == 1, prompt[0].role == "user", own?.extraBody == nil {
            template.append(prompt: prompt[0].content, maxTokens: cap, to: &bytes)
        } else {
            let messages = prompt.map { ChatRequest.Message(role: $0.role, content: $0.content) }
            let members = own?.extraBody.flatMap { JSONParser().members(of: $0) } ?? []
            var request = Self.request(model, provider, workload, extra + members, messages)
            request.maxTokens = cap
            bytes = request.body(api: provider.api)
        }
        return (bytes, cap)
    }
}
