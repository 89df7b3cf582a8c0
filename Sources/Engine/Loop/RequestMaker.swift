internal import Schedule
internal import Ticks
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
    private let bytesPerToken: Double  // of synthetic prompts, about

    /// - Parameter salt: makes the nonces of this run differ from those of an earlier one with the same seed.
    init(target: EngineTarget, salt: UInt64) {
        workload = target.plan.workload
        let replays = target.plan.phases.contains { $0.kind == .replay }
        let (seed, costs) = (target.plan.seed, target.plan.costs)
        tracePrompts = replays ? TracePrompts(seed: seed, salt: salt, costs: costs) : nil
        prompts = Prompts(
            workload: workload,
            seed: seed,
            salt: salt,
            costs: costs,
            beginnings: target.plan.beginnings
        )
        bytesPerToken = max(4, 5 / costs.word)
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

    /// Whether others send the same prompt and the model is asked to be the same each time: temperature 0, one cap.
    func isComparable(index: Int64) -> Bool {
        workload.temperature == 0 && provider.sampling(for: model) == .greedy
            && workload.maxTokens.least == workload.maxTokens.greatest
            && prompt(at: Int(index))?.extraBody == nil  // which may hold a temperature of its own
            && workload.sharesPrompts
    }

    /// About how long the body of a synthetic prompt is.
    var usualBytes: Int {
        if case .synthetic(let tokens) = workload.source { return Int(bytesPerToken * Double(tokens)) + 256 }
        return 4096
    }

    /// Which prompt a request asks.
    enum Subject: Hashable {
        case prompt(Int)  // the one of that number
        case item(Int)  // that place of a job's list
        case warmup  // one of ours, where the prompts are the user's and a job
        case primer(Int)  // the beginning of that number that prompts share
    }

    /// About how long the body of a trace's row is.
    func bytes(of row: Trace.Row) -> Int {
        guard let tokens = row.inputTokens, let tracePrompts else { return usualBytes }
        return tracePrompts.bytes(tokens: tokens) + 256
    }

    /// A request's body, and what was put into it.
    struct Body {
        var bytes: [UInt8]
        var maxTokens: Int
        /// Tokens that a synthetic prompt is to have; nil where the text is the user's.
        var askedTokens: Int?
        var repetition = Repetition.none
    }

    /// The body of a request, of a trace's row where there is one: a prompt of the row's length, capped at the length of
    /// its answer. What the row does not say is the workload's.
    func body(index: Int64, _ subject: Subject, arrival: Int?, in replay: Replay?) -> Body {
        guard let arrival, let replay, let tracePrompts else { return body(index: index, subject) }
        let row = replay.trace[arrival]
        guard let tokens = row.inputTokens else { return body(index: index, subject) }
        let number = if case .prompt(let place) = subject { place } else { Int(index) }
        let cap = inputs != nil ? 0 : row.outputTokens ?? prompts.maxTokens(at: number)
        var bytes: [UInt8] = []
        template.append(plainBytes: tracePrompts.bytes(tokens: tokens), maxTokens: cap, to: &bytes) { text in
            tracePrompts.append(arrival, of: replay, tokens: tokens, to: &text)
        }
        return Body(bytes: bytes, maxTokens: cap, askedTokens: tokens, repetition: replay.repetition(at: arrival))
    }

    /// The body of the request with that index, and its cap on output tokens.
    func body(index: Int64, _ subject: Subject) -> Body {
        let number = Int(index)
        if let inputs { return texts(inputs, subject, number) }
        if case .primer(let place) = subject, let text = prompts.primer(place) {
            let cap = prompts.primerTokens
            return Body(bytes: body(text.messages, cap, nil), maxTokens: cap, repetition: text.repetition)
        }
        let (place, text, own): (Int, PromptText, Prompt?) =
            switch subject {
            case .prompt(let index): (index, prompts.text(at: index), prompt(at: index))
            case .item(let index): (index, prompts.text(at: index, nonce: number), prompt(at: index))
            case .warmup, .primer: (number, prompts.warmup(at: number), nil)
            }
        let cap = prompts.maxTokens(at: place)
        let asked = prompts.askedTokens(at: place) ?? (subject == .warmup ? Prompts.warmupTokens : nil)
        return Body(
            bytes: body(text.messages, cap, own),
            maxTokens: cap,
            askedTokens: asked,
            repetition: text.repetition
        )
    }

    /// Each input is a prompt of its own: request n takes the n-th stretch of them. There are no output tokens to cap.
    private func texts(_ inputs: Int, _ subject: Subject, _ number: Int) -> Body {
        let messages: [Prompt.Message] = (0..<inputs).map { place in
            let turns =
                switch subject {
                case .prompt(let first): prompts.messages(at: first * inputs + place)
                case .item(let first): prompts.messages(at: first * inputs + place, nonce: number * inputs + place)
                case .warmup, .primer: prompts.warmup(at: number * inputs + place).messages
                }
            return Prompt.Message(role: "user", content: turns.map(\.content).joined(separator: "\n\n"))
        }
        let places: [Int] = (0..<inputs).map { place in
            switch subject {
            case .prompt(let first), .item(let first): first * inputs + place
            case .warmup, .primer: number * inputs + place
            }
        }
        let asked = places.compactMap { prompts.askedTokens(at: $0) }
        return Body(
            bytes: body(messages, 0, nil),
            maxTokens: 0,
            askedTokens: asked.count == inputs ? asked.reduce(0, +) : nil
        )
    }

    /// The body of a conversation's present question, with all that was said before.
    /// - Parameters:
    ///   - session: a member that marks it as one of its conversation
    ///   - arrival: the trace's row that began it, where one did: its first question is of that row's length
    func body(of conversation: Conversation, session: JSONMember?, arrival: Int?, in replay: Replay?) -> Body {
        let cap = prompts.maxTokens(of: conversation)
        if conversation.turn == 0, let arrival, let replay, let opening = opening(of: arrival, in: replay) {
            let row = replay.trace[arrival]
            return Body(
                bytes: body(opening, row.outputTokens ?? cap, nil, session),
                maxTokens: row.outputTokens ?? cap,
                askedTokens: row.inputTokens,
                repetition: replay.repetition(at: arrival)
            )
        }
        let text = prompts.text(of: conversation)
        return Body(
            bytes: body(text.messages, cap, prompts.prompt(of: conversation), session),
            maxTokens: cap,
            repetition: text.repetition
        )
    }

    /// The first question of a conversation that a trace's row begins; nil where the row says nothing of its length.
    private func opening(of arrival: Int, in replay: Replay) -> [Prompt.Message]? {
        guard let tokens = replay.trace[arrival].inputTokens, let tracePrompts else { return nil }
        var text: [UInt8] = []
        tracePrompts.append(arrival, of: replay, tokens: tokens, to: &text)
        return [Prompt.Message(role: "user", content: String(decoding: text, as: UTF8.self))]
    }

    func conversation(_ number: Int) -> Conversation? { prompts.conversation(number) }

    func listPlace(of conversation: Conversation) -> Int { prompts.listPlace(of: conversation) }

    /// The conversation with this answer in it, and how long its user thinks before the next question.
    func continued(
        _ conversation: Conversation,
        with answer: String,
        arrival: Int?,
        in replay: Replay?
    ) -> (Conversation, think: Duration) {
        let begun =
            conversation.turn == 0 ? arrival.flatMap { row in replay.flatMap { opening(of: row, in: $0) } } : nil
        let next = conversation.answered(begun ?? prompts.question(of: conversation), with: answer)
        return (next, prompts.think(after: conversation))
    }

    func body(index: Int64) -> Body { body(index: index, .prompt(Int(index))) }

    /// What the user calls the prompt at a place of the list.
    func customID(of place: Int) -> String { prompt(at: place)?.id ?? "request-\(place + 1)" }

    private func prompt(at index: Int) -> Prompt? { prompts.prompt(at: index) }

    /// How long after its dispatch the user gives up on that request; nil = never.
    func patience(index: Int64) -> Duration? { prompts.patience(at: Int(index)) }

    private func body(_ prompt: [Prompt.Message], _ cap: Int, _ own: Prompt?, _ session: JSONMember? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        if prompt.count == 1, prompt[0].role == "user", own?.extraBody == nil, session == nil {
            template.append(prompt: prompt[0].content, maxTokens: cap, to: &bytes)
        } else {
            let messages = prompt.map { ChatRequest.Message(role: $0.role, content: $0.content) }
            let members = own?.extraBody.flatMap { JSONParser().members(of: $0) } ?? []
            var request = Self.request(
                model,
                provider,
                workload,
                extra + members + [session].compactMap(\.self),
                messages
            )
            request.maxTokens = cap
            bytes = request.body(api: provider.api)
        }
        return bytes
    }
}
