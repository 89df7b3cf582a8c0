internal import Ticks
internal import Transport
internal import Wire

/// One chat request that the provider is serving: what it asked for, what it will get, what it got.
final class ChatSession {
    let exchange: HTTPExchange
    let plan: ReplyPlan
    let streams: Bool
    let asksForUsage: Bool
    let id: String
    private let writer: ChatStreamWriter
    private let created: Int64
    var record: TruthRecord
    var sequence: ServerModel.SequenceID?
    /// Tokens the model has given so far; those of a reply that is not streamed are not sent yet.
    private(set) var generated = 0

    init(
        exchange: HTTPExchange,
        facts: ChatRequestFacts,
        plan: ReplyPlan,
        number: Int,
        created: Int64,
        record: TruthRecord
    ) {
        self.exchange = exchange
        self.plan = plan
        self.created = created
        self.record = record
        streams = facts.streams
        asksForUsage = facts.asksForUsage
        id = "chatcmpl-\(number)"
        writer = ChatStreamWriter(id: id, model: facts.model, created: created)
    }

    private var serving: ServingFacts { ServingFacts(cold: record.cold ?? false, replica: record.replica ?? 0) }

    /// The head of a stream goes out when the request is accepted, with a role chunk that is no token.
    func begin(_ buffer: inout [UInt8]) {
        guard streams else { return }
        buffer.removeAll(keepingCapacity: true)
        writer.appendRole(to: &buffer)
        exchange.startStream(
            status: 200,
            type: "text/event-stream",
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
            writer.appendToken(TokenText.tokens(generated - count, count: count), to: &buffer)
        }
        if !isLast {
            let written = exchange.write(buffer.span)
            noteSent(count, written)
            return (written, false)
        }
        let sent = plan.fault == .empty ? 0 : count
        switch plan.fault {
        case nil, .empty, .rateLimited, .serverError: appendEnd(tokens: record.tokensSent + sent, &buffer)
        case .inbandError:
            ChatStreamWriter.appendError(
                message: "the simulated engine died",
                type: "server_error",
                code: "500",
                to: &buffer
            )
            ChatStreamWriter.appendDone(to: &buffer)
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

    /// Finish reason, usage if asked for, and the done marker; the last chunk tells how the request was served.
    private func appendEnd(tokens: Int, _ buffer: inout [UInt8]) {
        let reason = plan.fault == .empty ? "stop" : plan.finishReason
        writer.appendFinish(reason, serving: asksForUsage ? nil : serving, to: &buffer)
        if asksForUsage {
            let usage = Usage(input: Int64(record.promptTokens), output: Int64(tokens))
            writer.appendUsage(usage, serving: serving, to: &buffer)
        }
        ChatStreamWriter.appendDone(to: &buffer)
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
        ChatAnswer.append(
            id: id,
            model: SimulatedProvider.model,
            created: created,
            content: TokenText.text(0, count: tokens),
            finish: plan.fault == .empty ? "stop" : plan.finishReason,
            usage: Usage(input: Int64(record.promptTokens), output: Int64(tokens)),
            serving: serving,
            to: &buffer
        )
        let written = exchange.respond(status: 200, type: "application/json", body: buffer)
        noteSent(tokens, written)
        return true
    }

    private func noteSent(_ tokens: Int, _ now: Instant) {
        if tokens > 0 { record.sent(tokens, at: now) }
        if exchange.backlog > 0 { record.clientWasSlow = true }
    }
}
