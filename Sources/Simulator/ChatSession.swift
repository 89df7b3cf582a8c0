internal import Ticks
internal import Transport
internal import Wire

/// One chat request that the provider is serving: what it asked for, what it will get, what it got.
final class ChatSession {
    let exchange: HTTPExchange
    let plan: ReplyPlan
    let streams: Bool
    private let writer: AnswerWriter
    var record: TruthRecord
    var sequence: ServerModel.SequenceID?
    /// Tokens the model has given so far; those of a reply that is not streamed are not sent yet.
    private(set) var generated = 0

    init(
        exchange: HTTPExchange,
        call: ServedCall,
        facts: ChatRequestFacts,
        plan: ReplyPlan,
        number: Int,
        created: Int64,
        record: TruthRecord
    ) {
        self.exchange = exchange
        self.plan = plan
        self.record = record
        streams = facts.streams
        writer = AnswerWriter(
            api: call.api,
            id: "chatcmpl-\(number)",
            model: facts.model,
            created: created,
            inputTokens: Int64(record.promptTokens),
            asksForUsage: facts.asksForUsage
        )
    }

    private var serving: ServingFacts { ServingFacts(cold: record.cold ?? false, replica: record.replica ?? 0) }

    /// The head of a stream goes out when the request is accepted, with what the API opens with; no token.
    func begin(_ buffer: inout [UInt8]) {
        guard streams else { return }
        buffer.removeAll(keepingCapacity: true)
        writer.appendOpening(to: &buffer)
        exchange.startStream(
            status: 200,
            type: writer.contentType,
            headers: [("Cache-Control", "no-cache")],
            first: buffer
        )
    }

    /// Sends tokens on their way, and after the last whatever the plan has for the end. Says when they were written, nil
    /// if nothing was, and whether the reply is over.
    func give(_ count: Int, isLast: Bool, _ buffer: inout [UInt8]) -> (written: Instant?, isOver: Bool) {
        generated += count
        if !streams { return (nil, isLast ? giveWhole(&buffer) : false) }
        buffer.removeAll(keepingCapacity: true)
        if plan.fault != .empty {
            writer.append(token: TokenText.tokens(generated - count, count: count), to: &buffer)
        }
        if !isLast {
            let written = exchange.write(buffer.span)
            noteSent(count, written)
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
        noteSent(sent, written)
        switch plan.fault {
        case .truncated: exchange.abandon()
        case .stalled: return (written, false)
        case nil, .empty, .inbandError, .rateLimited, .serverError: exchange.end()
        }
        return (written, true)
    }

    /// What there is to say when the answer is over.
    private func end(tokens: Int) -> AnswerWriter.End {
        AnswerWriter.End(
            isCut: plan.fault != .empty && plan.finishReason == "length",
            usage: Usage(input: Int64(record.promptTokens), output: Int64(tokens)),
            serving: serving,
            text: { TokenText.text(0, count: tokens) }
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
        let tokens = plan.fault == .empty ? 0 : generated
        writer.append(whole: end(tokens: tokens), to: &buffer)
        let written = exchange.respond(status: 200, type: "application/json", body: buffer)
        noteSent(tokens, written)
        return true
    }

    private func noteSent(_ tokens: Int, _ now: Instant) {
        if tokens > 0 { record.sent(tokens, at: now) }
        if exchange.backlog > 0 { record.clientWasSlow = true }
    }
}
