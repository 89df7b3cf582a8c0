internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// The endpoints that answer: from a request to the model, and from the model's events to the client.
extension SimulatedProvider {
    func take(_ call: ServedCall, _ exchange: HTTPExchange, _ dialect: ServedDialect) {
        requests += 1
        var record = TruthRecord(received: exchange.received)
        record.id = exchange.header("x-request-id").map { String($0.prefix(128)) } ?? "request-\(requests)"
        record.connection = exchange.numberOnConnection
        let fault = scenario.faults.isEmpty ? Fault.none : scenario.faults[(requests - 1) % scenario.faults.count]
        if let script = FaultScript(fault, echoed: exchange.headers) {
            return play(script, fault, to: exchange, record)
        }
        guard let facts = readFacts(call, exchange, dialect, &record) else { return }
        let odd = habitFacts(exchange.body)
        let plan = ReplyPlan(
            scenario: scenario,
            request: requests,
            // Vectors are ready one step after the prefill.
            maxTokens: facts.embedding != nil ? 1 : scenario.habits.ignoresCap ?? facts.maxTokens,
            ignoresEndOfSequence: facts.ignoresEndOfSequence
        )
        record.promptTokens = scenario.promptTokens.count(bytes: facts.promptBytes)
        record.cachedTokens = Int(Double(record.promptTokens) * scenario.cachedShare)
        let route = self.route(exchange)
        if let route {
            record.cachedTokens = min(
                record.promptTokens - 1,
                Int(Double(route.cachedBytes) / scenario.promptTokens.bytesPerToken)
            )
        }
        let serving = ServingChoice(scenario: scenario, request: requests, tier: facts.tier)
        record.writtenTokens = Int(
            Double(record.promptTokens - record.cachedTokens) * scenario.serving.cacheWriteShare
        )
        record.writtenForHour = scenario.serving.cacheWritesForHour ? record.writtenTokens : 0
        record.model = serving.model ?? facts.model
        let isTold = facts.tier != nil || !scenario.serving.tiers.isEmpty || dialect.alwaysTellsTier
        record.tier = isTold ? serving.tier ?? dialect.standardTier(call.api) : nil
        record.maxTokens = facts.maxTokens
        record.streams = facts.streams
        let session = ChatSession(
            exchange: exchange,
            call: call,
            dialect: dialect,
            facts: facts,
            plan: plan,
            number: requests,
            created: created,
            record: record,
            habits: scenario.habits
        )
        if scenario.habits.thinks > 0 { session.thinking = thinking(odd, api: call.api) }
        if refusesMember(of: odd, exchange) { return finish(session, .refused, status: 400) }
        if refusesForQuota(exchange) { return finish(session, .rejected, status: 429) }
        let limit = countAgainstLimit(at: record.received)
        (session.speed, session.wanted) = (serving.speed, route?.replica)
        session.headers =
            limit.headers + (route?.headers ?? []) + (call.api.servedTierHeader(record.tier).map { [$0] } ?? [])
        if let wait = limit.wait { return reject(session, retryAfter: wait) }
        switch plan.fault {
        case .rateLimited: return reject(session, retryAfter: scenario.habits.retryAfter ?? .seconds(1))
        case .serverError:
            refuse(exchange, 500, "the simulated server failed", type: "server_error", code: "internal_error")
            return finish(session, .serverError, status: 500)
        case .truncated, .empty, .inbandError, .stalled, nil: admit(session)
        }
    }

    private func route(_ exchange: HTTPExchange) -> PrefixRouter.Route? {
        guard router != nil else { return nil }
        var members: [JSONMember]?
        let body = exchange.body
        let prefixes = ChatRequestFacts.prefixes(of: body.span, parser: parser)
        return router?.route(
            header: { exchange.header($0) },
            member: { name in
                members = members ?? parser.members(of: String(decoding: body, as: UTF8.self)) ?? []
                return members?.last { $0.name == name }?.json
            },
            prefixes: prefixes
        )
    }

    private func play(_ script: FaultScript, _ fault: Fault, to exchange: HTTPExchange, _ record: TruthRecord) {
        stage.play(script, to: exchange) { [unowned self] in
            var record = record
            record.outcome = .fault
            record.fault = fault.rawValue
            record.status = script.status
            record.ended = MonotonicClock.now()
            journal?.add(record)
        }
    }

    private func readFacts(
        _ call: ServedCall,
        _ exchange: HTTPExchange,
        _ dialect: ServedDialect,
        _ record: inout TruthRecord
    ) -> ChatRequestFacts? {
        func refused(_ status: Int, _ message: String, parameter: String?, code: String?) -> ChatRequestFacts? {
            refuse(exchange, status, message, type: "invalid_request_error", parameter: parameter, code: code)
            record.outcome = .refused
            record.status = status
            record.ended = MonotonicClock.now()
            journal?.add(record)
            return nil
        }
        let body = exchange.body
        let facts: ChatRequestFacts
        do throws(ChatRequestFacts.Refusal) {
            facts = try ChatRequestFacts(body: body.span, call: call, servedModel: Self.model, parser: parser)
        } catch {
            return refused(400, error.message, parameter: error.parameter, code: nil)
        }
        if let refusal = dialect.refusal(of: body, api: call.api, headers: exchange.headers, streams: facts.streams) {
            return refused(refusal.status, refusal.message, parameter: refusal.parameter, code: nil)
        }
        guard facts.model == Self.model || dialect != .plain else {
            let message = "the model `\(facts.model)` does not exist; there is only `\(Self.model)`"
            return refused(404, message, parameter: "model", code: "model_not_found")
        }
        if let tokens = facts.maxTokens, !(1...ReplyPlan.tokenLimit).contains(tokens) {
            let message = "max_tokens must be 1 to \(ReplyPlan.tokenLimit)"
            return refused(400, message, parameter: "max_tokens", code: nil)
        }
        guard facts.choices == 1 else { return refused(400, "n must be 1", parameter: "n", code: nil) }
        return facts
    }

    private func admit(_ session: ChatSession) {
        advance()  // frees what is free by now
        switch model.admit(
            // What a replica has read before takes it no time.
            promptTokens: session.record.promptTokens - (session.wanted == nil ? 0 : session.record.cachedTokens),
            tokens: session.plan.tokens,
            speed: session.speed,
            replica: session.wanted,
            arrived: session.record.received,
            into: &events
        ) {
        case .refused(let retryAfter): reject(session, retryAfter: retryAfter)
        case .accepted(let id):
            session.sequence = id
            sessions[id] = session
            session.exchange.onDisconnect = { [unowned self] in leave(session) }
            session.begin(&buffer)
        }
        perform()
        arm()
    }

    private func reject(_ session: ChatSession, retryAfter: Duration) {
        refuse(
            session.exchange,
            429,
            "too many requests wait; try again later",
            type: "rate_limit_error",
            code: "rate_limit_exceeded",
            headers: waitHeaders(retryAfter) + session.headers
        )
        finish(session, .rejected, status: 429)
    }

    /// Deals with the model's events. They bring no new ones.
    func perform() {
        guard !events.isEmpty else { return }
        for (index, event) in events.enumerated() {
            switch event {
            case .dequeued(let id, let replica, let cold, let at):
                sessions[id]?.record.dequeued = at
                sessions[id]?.record.replica = replica
                sessions[id]?.record.cold = cold
                if let record = sessions[id]?.record { tallies.dequeued(record, replica: replica, at: at) }
            case .tokens(let id, let count, let isLast, let at): give(count, isLast: isLast, to: id, due: at)
            case .replicaStarting(let number, let at): replicas.starting(number, at: at)
            case .replicaReady(let number, let at): replicas.ready(number, at: at)
            case .replicaGone(let number, let at): replicas.gone(number, at: at)
            }
            if index % 256 == 255 { server?.acceptWaiting() }
        }
        events.removeAll(keepingCapacity: true)
    }

    private func give(_ count: Int, isLast: Bool, to id: ServerModel.SequenceID, due: Instant) {
        guard let session = sessions[id] else { return }
        if isLast { sessions[id] = nil }
        if let replica = session.record.replica {
            // Vectors are no tokens.
            if !session.makesVectors { tallies.made(count, replica: replica) }
            if isLast { tallies.answered(replica: replica) }
        }
        let (written, isOver) = session.give(count, isLast: isLast, &buffer)
        if let written { lag.add(nanoseconds: written.nanoseconds(since: due)) }
        guard isLast else { return }
        if isOver { finish(session, outcome(of: session.plan)) } else { stalled.append(session) }
    }

    private func outcome(of plan: ReplyPlan) -> TruthRecord.Outcome {
        switch plan.fault {
        case nil: .completed
        case .empty: .empty
        case .truncated: .truncated
        case .inbandError: .inbandError
        case .stalled: .stalled
        case .serverError: .serverError
        case .rateLimited: .rejected
        }
    }

    /// The client went away: its place in the queue or its slot is free at once.
    private func leave(_ session: ChatSession) {
        if let index = stalled.firstIndex(where: { $0 === session }) {
            stalled.remove(at: index)
            return finish(session, .stalled)
        }
        guard let id = session.sequence, sessions[id] === session else { return }
        sessions[id] = nil
        finish(session, .cancelled)
        advance()
        model.cancel(id, into: &events)
        perform()
        arm()
    }

    func finish(_ session: ChatSession, _ outcome: TruthRecord.Outcome, status: Int = 200) {
        session.exchange.onDisconnect = {}
        session.record.ended = MonotonicClock.now()
        session.record.outcome = outcome
        session.record.status = status
        journal?.add(session.record)
    }
}
