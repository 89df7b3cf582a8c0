internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// One chat request that the provider is serving: what it asked for, what it will get, what it got.
final class ChatSession {
    let exchange: HTTPExchange
    let plan: ReplyPlan
    let streams: Bool
    private let embedding: EmbeddingWish?
    private let writer: AnswerWriter
    private let habits: ServerHabits
    /// Of its prefill and tokens, in times the scenario's.
    var speed = 1.0
    /// The replica that a router chose; nil = any.
    var wanted: Int?
    /// Said in the head of the answer.
    var headers: [(String, String)] = []
    /// Tokens of reasoning ahead of the answer.
    var thinking = 0
    var record: TruthRecord
    var sequence: ServerModel.SequenceID?
    /// Tokens the model has given so far; those of a reply that is not streamed are not sent yet.
    private(set) var generated = 0

    init(
        exchange: HTTPExchange,
        call: ServedCall,
        dialect: ServedDialect,
        facts: ChatRequestFacts,
        plan: ReplyPlan,
        number: Int,
        created: Int64,
        record: TruthRecord,
        habits: ServerHabits = ServerHabits()
    ) {
        self.exchange = exchange
        self.plan = plan
        self.record = record
        self.habits = habits
        embedding = facts.embedding
        streams = facts.streams && habits.delivery != .whole
        writer = AnswerWriter(
            api: call.api,
            dialect: dialect,
            id: "chatcmpl-\(number)",
            served: ServedFacts(model: record.model, tier: record.tier),
            created: created,
            inputTokens: Int64(record.promptTokens),
            cachedTokens: record.cachedTokens > 0 ? Int64(record.cachedTokens) : nil,
            writtenTokens: record.writtenTokens > 0 ? Int64(record.writtenTokens) : nil,
            writtenForHour: Int64(record.writtenForHour),
            asksForUsage: facts.asksForUsage && habits.tellsUsage,
            embedding: facts.embedding
        )
        thinking = writer.knowsReasoning ? plan.reasoningTokens : 0
    }

    var makesVectors: Bool { embedding != nil }

    private var serving: ServingFacts { ServingFacts(cold: record.cold ?? false, replica: record.replica ?? 0) }

    /// The head of a stream goes out when the request is accepted, with what the API opens with; no token.
    func begin(_ buffer: inout [UInt8]) {
        guard streams else { return }
        buffer.removeAll(keepingCapacity: true)
        writer.appendOpening(to: &buffer)
        if habits.delivery == .buffered {
            held = buffer
            return
        }
        startStream(buffer)
    }

    private func startStream(_ first: [UInt8]) {
        exchange.startStream(
            status: 200,
            type: writer.contentType,
            headers: [("Cache-Control", "no-cache")] + headers,
            first: first
        )
    }

    /// Sends tokens on their way, and after the last whatever the plan has for the end. Says when they were written, nil
    /// if nothing was, and whether the reply is over.
    func give(_ count: Int, isLast: Bool, _ buffer: inout [UInt8]) -> (written: Instant?, isOver: Bool) {
        generated += count
        if !streams { return (nil, isLast ? giveWhole(&buffer) : false) }
        buffer.removeAll(keepingCapacity: true)
        if plan.fault != .empty { appendTokens(count, &buffer) }
        let isShown = !buffer.isEmpty
        if habits.delivery == .buffered {
            held += buffer
            heldTokens += plan.fault == .empty ? 0 : count
            if !isLast { return (nil, false) }
            startStream(held)
            noteSent(heldTokens - count, MonotonicClock.now())
            buffer.removeAll(keepingCapacity: true)
        }
        if !isLast {
            let written = exchange.write(buffer.span)
            noteSent(count, written, isShown: isShown)
            return (written, false)
        }
        let sent = plan.fault == .empty ? 0 : count
        switch plan.fault {
        case nil, .empty, .rateLimited, .serverError:
            writer.append(end: end(tokens: record.tokensSent + sent), to: &buffer)
        case .inbandError:
            writer.append(failure: "the simulated engine died", to: &buffer)
        case .truncated, .stalled: break
        }
        let written = exchange.write(buffer.span)
        noteSent(sent, written, isShown: isShown)
        switch plan.fault {
        case .truncated: exchange.abandon()
        case .stalled: return (written, false)
        case nil, .empty, .inbandError, .rateLimited, .serverError: exchange.end()
        }
        return (written, true)
    }

    /// Of the tokens that the model has just given, those of the reasoning first; one event each kind.
    private func appendTokens(_ count: Int, _ buffer: inout [UInt8]) {
        let first = generated - count
        let reasoned = max(0, min(count, thinking - first))
        if reasoned > 0 {
            let text = TokenText.tokens(first, count: reasoned)
            writer.append(reasoning: text, count: Int64(first + reasoned), to: &buffer)
        }
        if count > reasoned {
            let text = TokenText.tokens(first + reasoned, count: count - reasoned)
            writer.append(token: text, count: Int64(generated), to: &buffer)
        }
    }

    /// What a proxy that buffers has not let go yet.
    private var held: [UInt8] = []
    private var heldTokens = 0

    /// What there is to say when the answer is over.
    private func end(tokens: Int) -> AnswerWriter.End {
        let reasoned = min(thinking, tokens)
        record.reasoningTokens = reasoned
        return AnswerWriter.End(
            isCut: plan.fault != .empty && plan.finishReason == "length" && !habits.saysStop
                && habits.ignoresCap == nil,
            usage: Usage(
                input: Int64(record.promptTokens),
                // A server that has a cache tells what it did not find there, too.
                cachedInput: record.cachedTokens > 0 || wanted != nil ? Int64(record.cachedTokens) : nil,
                written: record.writtenTokens > 0 ? Int64(record.writtenTokens) : nil,
                writtenForHour: record.writtenForHour > 0 ? Int64(record.writtenForHour) : nil,
                output: Int64(tokens),
                reasoning: reasoned > 0 ? Int64(reasoned) : nil
            ),
            serving: serving,
            text: { TokenText.text(reasoned, count: tokens - reasoned) },
            reasoning: { TokenText.text(0, count: reasoned) }
        )
    }

    private func giveWhole(_ buffer: inout [UInt8]) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        switch plan.fault {
        case .truncated:
            exchange.abandon()
            return true
        case .stalled: return false
        case .inbandError:
            ChatAnswer.appendError(message: "the simulated engine died", type: "server_error", code: "500", to: &buffer)
            exchange.respond(status: 200, type: "application/json", body: buffer)
            return true
        case nil, .empty, .rateLimited, .serverError: break
        }
        var tokens = plan.fault == .empty ? 0 : generated
        var end = end(tokens: tokens)
        if let embedding {
            (tokens, end.usage.output) = (0, nil)
            end.vectors = plan.fault == .empty ? 0 : max(0, embedding.inputs - habits.losesVectors)
            record.vectors = end.vectors
        }
        writer.append(whole: end, to: &buffer)
        let written = exchange.respond(status: 200, type: "application/json", headers: headers, body: buffer)
        noteSent(tokens, written)
        return true
    }

    private func noteSent(_ tokens: Int, _ now: Instant, isShown: Bool = true) {
        if tokens > 0 { record.sent(tokens, at: now, isShown: isShown) }
        if exchange.backlog > 0 { record.clientWasSlow = true }
    }
}
