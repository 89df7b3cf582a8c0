public import Schedule
internal import Ticks
public import Transport
internal import Wire

/// Serves the OpenAI chat API as a scenario says, on a loop.
///
///     POST /v1/chat/completions    GET /v1/models    GET /health    GET /spate/stats
///
/// Prompt tokens are counted as bytes of text / 4, at least one. Headers go out when a request is accepted, before its
/// prefill, with a role chunk that is no token, as real servers do.
public final class SimulatedProvider {
    public static let model = "simulated"

    private final class Session {
        let exchange: HTTPExchange
        let writer: ChatStreamWriter
        let facts: ChatRequestFacts
        let promptTokens: Int
        let tokens: Int
        let fault: Fault?
        let reason: String
        var sent = 0
        var entry = TruthJournal.Entry()
        var sequence: ServerModel.SequenceID?

        init(
            exchange: HTTPExchange,
            writer: ChatStreamWriter,
            facts: ChatRequestFacts,
            promptTokens: Int,
            tokens: Int,
            fault: Fault?,
            reason: String
        ) {
            self.exchange = exchange
            self.writer = writer
            self.facts = facts
            self.promptTokens = promptTokens
            self.tokens = tokens
            self.fault = fault
            self.reason = reason
        }
    }

    private enum Fault { case rateLimited, serverError, truncated, empty, inbandError, stalled }

    private let scenario: Scenario
    private var model: ServerModel
    private var sessions: [ServerModel.SequenceID: Session] = [:]
    private var events: [ServerModel.Event] = []
    private var timer: PreciseTimer?
    private var ticker: PreciseTimer?
    private var server: HTTPServer?
    private let journal: TruthJournal?
    private let parser = JSONParser()
    private var buffer: [UInt8] = []
    private var lengths: SplitMix64
    private var faults: SplitMix64
    private var requests = 0
    private let created: Int64
    private let overflowsBefore = ProcessResources.listenOverflows()
    private static let words = ["the", " time", " of", " day", " and", " a", " small", " house", " by", " water"].map { EscapedText($0) }

    /// Serves at once.
    /// - Parameter truth: path of the journal; nil keeps none.
    public init(loop: EventLoop, host: String, port: Int, scenario: Scenario, truth: String?) throws(SimulatorError) {
        self.scenario = scenario
        let start = MonotonicClock.now()
        model = ServerModel(scenario: scenario, start: start)
        lengths = SplitMix64(seed: scenario.seed, stream: "lengths")
        faults = SplitMix64(seed: scenario.seed, stream: "faults")
        created = (start.nanoseconds + MonotonicClock.realtimeOffset()) / 1_000_000_000
        if let truth {
            guard let journal = TruthJournal(path: truth) else {
                throw SimulatorError(text: "cannot write the truth journal \(truth)")
            }
            self.journal = journal
        } else {
            journal = nil
        }
        buffer.reserveCapacity(4096)
        do throws(HTTPServerError) {
            server = try HTTPServer(loop: loop, host: host, port: port) { [unowned self] in take($0) }
        } catch {
            throw SimulatorError(text: error.text)
        }
        timer = PreciseTimer(loop: loop) { [unowned self] _ in run() }
        ticker = PreciseTimer(loop: loop) { [unowned self] _ in tick() }
        tick()
        journal?.begin(scenario: scenario.name, seed: scenario.seed, at: start)
        loop.onClose { [self] in end() }
    }

    public var port: Int { server?.port ?? 0 }

    // MARK: requests

    private func take(_ exchange: HTTPExchange) {
        switch (exchange.method, exchange.path) {
        case ("POST", "/v1/chat/completions"): takeChat(exchange)
        case ("GET", "/v1/models"):
            buffer.removeAll(keepingCapacity: true)
            ModelList.append(ids: [Self.model], created: created, owner: "spate", to: &buffer)
            exchange.respond(status: 200, type: "application/json", body: buffer)
        case ("GET", "/health"): exchange.respond(status: 200, type: "application/json", body: Array("{\"status\":\"ok\"}".utf8))
        case ("GET", "/spate/stats"): exchange.respond(status: 200, type: "application/json", body: stats)
        default: refuse(exchange, 404, "no such path: \(exchange.method) \(exchange.path)", type: "invalid_request_error")
        }
    }

    private func takeChat(_ exchange: HTTPExchange) {
        requests += 1
        let received = exchange.received
        let body = exchange.body
        let facts: ChatRequestFacts
        do throws(ChatRequestFacts.Refusal) {
            facts = try ChatRequestFacts(body: body.span, parser: parser)
        } catch {
            return refuse(exchange, 400, error.message, type: "invalid_request_error", parameter: error.parameter)
        }
        guard facts.model == Self.model else {
            return refuse(
                exchange,
                404,
                "the model `\(facts.model)` does not exist; there is only `\(Self.model)`",
                type: "invalid_request_error",
                code: "model_not_found"
            )
        }
        let session = makeSession(exchange, facts, received: received)
        switch session.fault {
        case .rateLimited: return reject(session, retryAfter: .seconds(1), outcome: .rejected)
        case .serverError:
            finish(session, .serverError)
            return refuse(exchange, 500, "the simulated server failed", type: "server_error")
        case .empty, .truncated, .inbandError, .stalled, nil: break
        }
        advance(to: MonotonicClock.now())
        switch model.admit(
            promptTokens: session.promptTokens,
            tokens: session.tokens,
            arrived: received,
            into: &events
        ) {
        case .refused(let retryAfter): reject(session, retryAfter: retryAfter, outcome: .rejected)
        case .accepted(let id):
            session.sequence = id
            sessions[id] = session
            exchange.onDisconnect = { [unowned self, unowned session] in leave(session) }
            if facts.streams {
                exchange.startStream(status: 200, type: "text/event-stream", headers: [("Cache-Control", "no-cache")])
                buffer.removeAll(keepingCapacity: true)
                session.writer.appendRole(to: &buffer)
                exchange.write(buffer.span)
            }
        }
        perform()
        arm()
    }

    private func makeSession(_ exchange: HTTPExchange, _ facts: ChatRequestFacts, received: Instant) -> Session {
        let cap = max(1, facts.maxTokens ?? 256)
        var tokens = cap
        if let stops = scenario.stopsAfter {
            let drawn = Int.random(in: stops, using: &lengths)
            if !facts.ignoresEndOfSequence { tokens = min(cap, max(1, drawn)) }
        }
        let id = exchange.header("x-request-id") ?? "request-\(requests)"
        let session = Session(
            exchange: exchange,
            writer: ChatStreamWriter(id: "chatcmpl-\(requests)", model: Self.model, created: created),
            facts: facts,
            promptTokens: max(1, facts.promptBytes / 4),
            tokens: tokens,
            fault: drawFault(),
            reason: tokens < cap ? "stop" : "length"
        )
        session.entry.id = String(id.prefix(128).filter { $0.isASCII && $0 != "\"" && $0 != "\\" })
        session.entry.received = received
        session.entry.promptTokens = session.promptTokens
        session.entry.maxTokens = cap
        return session
    }

    private func drawFault() -> Fault? {
        let rates = scenario.failures
        guard rates.total > 0 else { return nil }
        var rest = faults.unit()
        let table: [(Double, Fault)] = [
            (rates.rateLimited, .rateLimited), (rates.serverError, .serverError), (rates.truncated, .truncated),
            (rates.empty, .empty), (rates.inbandError, .inbandError), (rates.stalled, .stalled),
        ]
        for (rate, fault) in table {
            if rest < rate { return fault }
            rest -= rate
        }
        return nil
    }

    private func refuse(
        _ exchange: HTTPExchange,
        _ status: Int,
        _ message: String,
        type: String,
        parameter: String? = nil,
        code: String? = nil,
        headers: [(String, String)] = []
    ) {
        var body: [UInt8] = []
        ChatAnswer.appendError(message: message, type: type, parameter: parameter, code: code, to: &body)
        exchange.respond(status: status, type: "application/json", headers: headers, body: body)
    }

    private func reject(_ session: Session, retryAfter: Duration, outcome: TruthJournal.Entry.Outcome) {
        finish(session, outcome)
        refuse(
            session.exchange,
            429,
            "too many requests wait; try again later",
            type: "rate_limit_error",
            code: "rate_limit_exceeded",
            headers: [("Retry-After", String(retryAfter.components.seconds))]
        )
    }

    // MARK: the model's time

    private func run() {
        server?.acceptWaiting()
        advance(to: MonotonicClock.now())
        perform()
        arm()
    }

    private func advance(to now: Instant) {
        model.advance(to: now, into: &events)
        perform()
    }

    private func arm() {
        if let deadline = model.nextDeadline { timer?.arm(at: deadline) } else { timer?.disarm() }
    }

    private func perform() {
        while !events.isEmpty {
            var batch: [ServerModel.Event] = []
            swap(&batch, &events)
            for event in batch {
                switch event {
                case .dequeued(let id, let replica, let cold, let at):
                    sessions[id]?.entry.dequeued = at
                    sessions[id]?.entry.replica = replica
                    sessions[id]?.entry.cold = cold
                case .tokens(let id, let count, let isLast, _):
                    guard let session = sessions[id] else { continue }
                    if isLast { sessions[id] = nil }
                    send(count, isLast: isLast, to: session)
                case .replicaStarting, .replicaReady, .replicaGone: break
                }
            }
            if events.isEmpty {
                batch.removeAll(keepingCapacity: true)
                events = batch
            }
        }
    }

    private func send(_ count: Int, isLast: Bool, to session: Session) {
        if session.fault == .stalled, session.sent > 0 { return }
        if session.fault == .empty {
            if isLast { finishStream(session, .empty) }
            return
        }
        buffer.removeAll(keepingCapacity: true)
        if session.facts.streams {
            for number in 0..<count { session.writer.appendToken(Self.words[(session.sent + number) % Self.words.count], to: &buffer) }
        }
        session.sent += count
        let isHalf = session.sent * 2 >= session.tokens
        if session.fault == .inbandError, isHalf {
            ChatStreamWriter.appendError(message: "the simulated engine died", type: "server_error", code: "500", to: &buffer)
        }
        if isLast, session.fault == nil || session.fault == .stalled {
            return finishAnswer(session, tokens: count)
        }
        if session.facts.streams { session.exchange.write(buffer.span) }
        session.entry.sent(count, at: MonotonicClock.now())
        if isHalf, session.fault == .truncated {
            drop(session)
            finish(session, .truncated)
            session.exchange.abandon()
        } else if isHalf, session.fault == .inbandError {
            drop(session)
            finishStream(session, .inbandError)
        }
    }

    /// The last token, the finish reason, usage and the done marker go out together.
    private func finishAnswer(_ session: Session, tokens: Int) {
        let serving = ServingFacts(cold: session.entry.cold ?? false, replica: session.entry.replica ?? 0)
        let usage = Usage(input: Int64(session.promptTokens), output: Int64(session.tokens))
        if session.facts.streams {
            session.writer.appendFinish(session.reason, serving: session.facts.asksForUsage ? nil : serving, to: &buffer)
            if session.facts.asksForUsage { session.writer.appendUsage(usage, serving: serving, to: &buffer) }
            ChatStreamWriter.appendDone(to: &buffer)
            session.exchange.write(buffer.span)
            session.entry.sent(tokens, at: MonotonicClock.now())
            finish(session, .completed)
            session.exchange.end()
        } else {
            ChatAnswer.append(
                id: "chatcmpl",
                model: Self.model,
                created: created,
                content: String(repeating: "word ", count: session.tokens),
                finish: session.reason,
                usage: usage,
                serving: serving,
                to: &buffer
            )
            session.entry.sent(tokens, at: MonotonicClock.now())
            session.entry.tokensSent = session.tokens
            finish(session, .completed)
            session.exchange.respond(status: 200, type: "application/json", body: buffer)
        }
    }

    private func finishStream(_ session: Session, _ outcome: TruthJournal.Entry.Outcome) {
        buffer.removeAll(keepingCapacity: true)
        if outcome == .empty { session.writer.appendFinish("stop", to: &buffer) }
        ChatStreamWriter.appendDone(to: &buffer)
        session.exchange.write(buffer.span)
        finish(session, outcome)
        session.exchange.end()
    }

    /// Takes a session that ends early out of the model.
    private func drop(_ session: Session) {
        guard let id = session.sequence, sessions[id] === session else { return }
        sessions[id] = nil
        model.cancel(id, into: &events)
    }

    /// The client went away: its place in the queue or its slot is free at once.
    private func leave(_ session: Session) {
        guard let id = session.sequence, sessions[id] === session else { return }
        advance(to: MonotonicClock.now())
        guard sessions[id] === session else { return }  // it ended at that very instant
        drop(session)
        finish(session, session.fault == .stalled ? .stalled : .cancelled)
        perform()
        arm()
    }

    private func finish(_ session: Session, _ outcome: TruthJournal.Entry.Outcome) {
        session.entry.ended = MonotonicClock.now()
        session.entry.outcome = outcome
        journal?.add(session.entry)
    }

    // MARK: the books

    private var overflows: Int64 { ProcessResources.listenOverflows() - overflowsBefore }

    private var stats: [UInt8] {
        let text =
            "{\"scenario\":\"\(scenario.name)\",\"requests\":\(requests),\"accepted\":\(server?.accepted ?? 0),"
            + "\"waiting\":\(model.waiting),\"running\":\(model.running),\"replicas_ready\":\(model.readyReplicas),"
            + "\"replicas_starting\":\(model.startingReplicas),\"listen_overflows\":\(overflows),"
            + "\"cpu_ns\":\(ProcessResources.processCPU())}"
        return Array(text.utf8)
    }

    private func tick() {
        journal?.flush()
        ticker?.arm(at: MonotonicClock.now().advanced(byNanoseconds: 1_000_000_000))
    }

    private func end() {
        for session in sessions.values { finish(session, .cancelled) }
        sessions.removeAll()
        journal?.end([
            ("requests", Int64(requests)), ("accepted", Int64(server?.accepted ?? 0)), ("listen_overflows", overflows),
            ("cpu_ns", ProcessResources.processCPU()),
        ])
    }
}

/// Why a simulated provider could not be started.
public struct SimulatorError: Error, Sendable, CustomStringConvertible {
    public var text: String
    public var description: String { text }
}

@available(*, unavailable) extension SimulatedProvider: Sendable {}
