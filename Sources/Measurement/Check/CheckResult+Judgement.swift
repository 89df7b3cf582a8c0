extension CheckResult {
    /// Pure: the same evidence gives the same result.
    public init(of evidence: CheckEvidence) {
        self.init()
        let target = evidence.target
        name = target.name
        provider = target.provider
        model = target.model
        api = target.api
        url = target.url
        dialect = evidence.dialect
        learnt = evidence.dialect.differences(from: evidence.preset)
        requests = evidence.questions.count
        for question in evidence.questions {
            inputTokens = inputTokens.saturatingAdd(question.request.inputTokens ?? 0)
            outputTokens = outputTokens.saturatingAdd(question.request.countedOutputTokens ?? 0)
        }
        let answered = evidence.questions.filter { $0.succeeded && $0.request.tokenSource != .usage }
        if answered.isEmpty {
            var prices = PriceBook(target)
            dollars = prices?.dollars(for: evidence.questions.map(\.request))
        }
        let asked = Self.asked(evidence)
        let scope = StatisticsScope(target: target)
        answers = RequestStatistics(of: RequestSet(ordering: asked.map(\.request)), in: scope)
        findings = Judge(evidence: evidence, asked: asked, good: asked.filter(\.succeeded)).findings
    }

    /// The answers that count: without those that taught us other words.
    private static func asked(_ evidence: CheckEvidence) -> [QuestionRecord] {
        evidence.questions.filter { question in
            question.purpose == .answer && (question.dialect == evidence.dialect || question.request.httpStatus == 200)
        }
    }
}

/// Each property from what was seen of it.
private struct Judge {
    let evidence: CheckEvidence
    let asked: [QuestionRecord]
    let good: [QuestionRecord]

    var findings: [CheckResult.Finding] {
        var findings = [reachable]
        if evidence.reach.problem != nil { return findings }
        findings.append(authorised)
        findings.append(model)
        guard !good.isEmpty else { return findings }
        if evidence.wantsVectors {
            return findings + [vectors, usage, errors, rateLimits, connection, time, serverTimings]
        }
        findings += [
            streams, firstToken, usage, tokensPerEvent, maxTokens, temperature, reasoning, stopReason, errors,
            rateLimits,
            connection, time, serverTimings,
        ]
        return findings
    }

    // MARK: the way there

    private var reachable: CheckResult.Finding {
        if let problem = evidence.reach.problem { return .init(.reachable, .failed, problem) }
        let first = evidence.questions.first { $0.request.httpStatus != nil }
        if evidence.reach.status == 0, first == nil {
            let words = evidence.questions.first.map {
                "\($0.request.outcome.rawValue): \($0.request.error ?? "no message")"
            }
            return .init(.reachable, .failed, words ?? "no answer")
        }
        return .init(.reachable, .ok, "it answers")
    }

    private var authorised: CheckResult.Finding {
        if let refused = evidence.questions.first(where: { $0.request.outcome == .auth }) {
            return .init(.authorised, .failed, words(of: refused))
        }
        if !good.isEmpty { return .init(.authorised, .ok, "the key, if any, was accepted") }
        if [401, 402, 403].contains(evidence.reach.status) {
            return .init(.authorised, .failed, "HTTP \(evidence.reach.status): \(evidence.reach.words ?? "")")
        }
        return .init(.authorised, .unknown, "no answer to judge by")
    }

    private var model: CheckResult.Finding {
        let name = evidence.target.model ?? ""
        guard good.isEmpty else {
            let listed = evidence.reach.models
            if listed.isEmpty { return .init(.model, .ok, "\(name) answers; no list of models was given") }
            if listed.contains(name) { return .init(.model, .ok, "\(name) answers and is listed") }
            return .init(.model, .odd, "\(name) answers and is not among the \(listed.count) models listed")
        }
        guard let last = asked.last ?? evidence.questions.last else {
            return .init(.model, .unknown, "nothing was asked")
        }
        let throttled = asked.allSatisfy(\.isThrottled)
        return .init(.model, throttled ? .unknown : .failed, words(of: last))
    }

    // MARK: the stream

    private var streams: CheckResult.Finding {
        guard evidence.wantsStream else { return .init(.streams, .ok, "not asked for: stream is false") }
        if let whole = good.first(where: \.isWhole) {
            let wait = whole.request.ended.map { "after \(inWords(Double($0) / 1e6)) ms" } ?? ""
            return .init(
                .streams,
                .failed,
                "one document \(wait), although a stream was asked for: no TTFT"
            )
        }
        let flows = good.filter { $0.request.tokenEvents > 1 }
        guard !flows.isEmpty else { return .init(.streams, .unknown, "too few tokens to judge") }
        let held = flows.filter(isHeldBack)
        let worst = (held.isEmpty ? flows : held).max { eventsPerRead($0) < eventsPerRead($1) } ?? flows[0]
        let seen =
            "\(inCount(worst.request.tokenEvents, "token event")) in \(inCount(worst.request.tokenReads, "read"))"
        if held.isEmpty, let fast = flows.first(where: { eventsPerRead($0) >= Self.suspiciousEvents }) {
            let gap = inWords(millisecondsPerRead(fast))
            return .init(.streams, .odd, "\(seen), one each \(gap) ms: so fast that events share reads")
        }
        if held.count * 2 > flows.count {
            return .init(
                .streams,
                .failed,
                "\(seen): something on the way holds the stream back, and TTFT is not the model's"
            )
        }
        return .init(.streams, held.isEmpty ? .ok : .odd, seen)
    }

    /// A model's pace brings tokens one by one, or in the twos and threes of speculative decoding.
    private static let suspiciousEvents = 8.0  // in each read
    /// What comes faster may share reads for the network's reasons; what is this slow waited for company.
    private static let noticeableGap = 10.0  // milliseconds

    private func isHeldBack(_ question: QuestionRecord) -> Bool {
        question.request.tokenEvents >= 8 && eventsPerRead(question) >= Self.suspiciousEvents
            && (question.request.tokenReads <= 1 || millisecondsPerRead(question) >= Self.noticeableGap
                || cameAtOnce(question))
    }

    /// All of it within a twentieth of the whole time: it was there before the first of it was let go.
    private func cameAtOnce(_ question: QuestionRecord) -> Bool {
        guard let first = question.request.firstToken, let last = question.request.lastToken else { return false }
        return Double(last - first) < 0.05 * Double(last)
    }

    private func millisecondsPerRead(_ question: QuestionRecord) -> Double {
        let span = (question.request.lastToken ?? 0) - (question.request.firstToken ?? 0)
        return Double(span) / 1e6 / Double(max(1, question.request.tokenReads - 1))
    }

    private func eventsPerRead(_ question: QuestionRecord) -> Double {
        Double(question.request.tokenEvents) / Double(max(1, question.request.tokenReads))
    }

    /// One for each text, and all of one length.
    private var vectors: CheckResult.Finding {
        let asked = good[0].request.inputs ?? 0
        if let other = good.first(where: { $0.request.vectors != $0.request.inputs }) {
            let seen = "\(other.request.vectors ?? 0) vectors came for \(other.request.inputs ?? 0) inputs"
            return .init(.vectors, .failed, seen)
        }
        let lengths = Set(good.compactMap(\.dimensions)).sorted().map { "\($0)" }.joined(separator: " and ")
        let seen = "\(asked) for \(asked) inputs, of \(lengths.isEmpty ? "unknown" : lengths) dimensions"
        return .init(.vectors, .ok, seen)
    }

    private var firstToken: CheckResult.Finding {
        let times = good.compactMap(\.request.ttftMilliseconds)
        guard !times.isEmpty else { return .init(.firstToken, .unknown, "no token was timed") }
        let list = times.map { "\(inWords($0))" }.joined(separator: ", ")
        let cold = times.count > 1 && times[0] > 3 * (times.dropFirst().min() ?? .infinity)
        let hint = cold ? "; the first was slow: a cold start, or the connection's set-up" : ""
        return .init(.firstToken, cold ? .odd : .ok, "\(list) ms\(hint)")
    }

    private var usage: CheckResult.Finding {
        let told = good.filter { $0.usagePlace != .never }
        let asked = evidence.dialect.asksForUsage ? "" : " (not asked for)"
        guard told.count == good.count else {
            let seen =
                "\(good.count - told.count) of \(good.count) answers reported no token counts\(evidence.wantsVectors ? "" : asked)"
            if evidence.wantsVectors { return .init(.usage, .odd, "\(seen): input tokens and cost are unknown") }
            return .init(.usage, .odd, "\(seen): tokens will be counted by events, and cost is unknown")
        }
        let early = told.contains { $0.usagePlace == .early }
        if evidence.wantsVectors { return .init(.usage, .ok, "with each answer") }
        return .init(.usage, .ok, early ? "with every event" : "at the end of the stream")
    }

    private var tokensPerEvent: CheckResult.Finding {
        let counted = good.filter { $0.request.tokenSource == .usage && $0.request.tokenEvents > 0 && !$0.isWhole }
        guard !counted.isEmpty else { return .init(.tokensPerEvent, .unknown, "no usage, or no events") }
        let tokens = counted.reduce(0.0) { $0 + Double($1.request.streamedTokens) }
        let events = counted.reduce(0.0) { $0 + Double($1.request.tokenEvents) }
        let ratio = tokens / events
        let even = (0.95...1.05).contains(ratio)
        return .init(
            .tokensPerEvent,
            even ? .ok : .odd,
            "\(inWords(ratio))" + (even ? "" : ": gaps are of events, not of tokens")
        )
    }

    // MARK: parameters

    private var maxTokens: CheckResult.Finding {
        let field = evidence.dialect.maxTokensField
        let over = good.filter { $0.request.countedOutputTokens ?? 0 > Int64($0.cap) }
        if let worst = over.max(by: { $0.request.countedOutputTokens ?? 0 < $1.request.countedOutputTokens ?? 0 }) {
            let got = worst.request.countedOutputTokens ?? 0
            return .init(
                .maxTokens,
                .failed,
                "\(field): \(worst.cap) was asked for, \(got) tokens came: the cap is not honoured"
            )
        }
        let most = good.compactMap(\.request.countedOutputTokens).max() ?? 0
        if good.contains(where: { $0.request.countedOutputTokens == Int64($0.cap) }) {
            return .init(.maxTokens, .ok, "\(field) is honoured: \(most) of \(good[0].cap)")
        }
        return .init(.maxTokens, .unknown, "\(field): the answers ended by themselves, at \(most) tokens or fewer")
    }

    private var temperature: CheckResult.Finding {
        if evidence.temperatureIsOmitted {
            return .init(.temperature, .ok, "none is sent: the preset knows that this model takes none")
        }
        if !evidence.dialect.sendsTemperature {
            return .init(.temperature, .odd, "0 was refused; answers are sampled at the server's default")
        }
        return .init(.temperature, .ok, "0 is accepted")
    }

    private var reasoning: CheckResult.Finding {
        let reasoned = good.filter { $0.reasoningBytes > 0 || $0.request.reasoningTokens ?? 0 > 0 }
        guard !reasoned.isEmpty else { return .init(.reasoning, .ok, "none was seen") }
        let hidden = reasoned.allSatisfy { $0.reasoningBytes == 0 } ? ", hidden and billed" : ""
        let without = reasoned.count { $0.request.visibleBytes == 0 }
        let empty = without > 0 ? "; \(without) of \(good.count) answers held only reasoning" : ""
        guard let off = evidence.questions.first(where: { $0.purpose == .reasoningOff }) else {
            let unknown = evidence.alwaysReasons ? "the preset knows that it always does" : "no switch is known"
            let known = evidence.knowsReasoningSwitch ? "its switch was not tried" : unknown
            return .init(.reasoning, .odd, "it reasons\(hidden)\(empty); \(known)")
        }
        if !off.succeeded {
            return .init(.reasoning, .odd, "it reasons\(hidden)\(empty); the switch was refused: \(words(of: off))")
        }
        let still = off.reasoningBytes > 0 || off.request.reasoningTokens ?? 0 > 0
        return .init(
            .reasoning,
            still || without > 0 ? .odd : .ok,
            "it reasons\(hidden)\(empty); \(still ? "the switch is ignored" : "switched off, it does not")"
        )
    }

    private var stopReason: CheckResult.Finding {
        let counted = good.filter { $0.request.tokenSource == .usage }
        guard !counted.isEmpty else { return .init(.stopReason, .unknown, "no usage to hold it against") }
        let silent = counted.filter { $0.request.countedOutputTokens == Int64($0.cap) && !$0.isCut }
        if let one = silent.first {
            let word = one.request.finish.map { "\"\($0)\"" } ?? "nothing"
            return .init(.stopReason, .odd, "cut at the cap, it says \(word): cut answers will look complete")
        }
        let early = counted.filter { ($0.request.countedOutputTokens ?? 0) < Int64($0.cap) && $0.isCut }
        if let one = early.first {
            let tokens = one.request.countedOutputTokens ?? 0
            return .init(.stopReason, .odd, "it says that the cap of \(one.cap) cut an answer of \(tokens) tokens")
        }
        let words = Set(counted.compactMap(\.request.finish)).sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return .init(.stopReason, .ok, "\(words.isEmpty ? "none" : words), as the token counts say")
    }

    // MARK: the server's manners

    private var errors: CheckResult.Finding {
        guard let wrong = evidence.questions.first(where: { $0.purpose == .wrongModel }) else {
            return .init(.errors, .unknown, "not tried")
        }
        let served = wrong.succeeded
        let looked = served ? evidence.questions.first { $0.purpose == .brokenBody } : wrong
        let prefix = served ? "a model that does not exist is served all the same; " : ""
        guard let looked, let status = looked.request.httpStatus else {
            return .init(.errors, served ? .odd : .unknown, prefix + "no error was seen")
        }
        if looked.succeeded { return .init(.errors, .odd, prefix + "even a broken body is answered") }
        if looked.hasStructuredError {
            let what = served ? "a broken body" : "a wrong model"
            return .init(.errors, served ? .odd : .ok, prefix + "\(what) gets HTTP \(status) with a message in JSON")
        }
        return .init(.errors, .odd, prefix + "HTTP \(status) without a message that can be read")
    }

    private var rateLimits: CheckResult.Finding {
        let seen = evidence.questions.compactMap(\.rateLimits)
        let throttled = evidence.questions.count(where: \.isThrottled)
        guard let last = seen.last(where: { !$0.limits.isEmpty }) else {
            let words =
                throttled > 0 ? "\(throttled) requests were throttled, no rate-limit headers" : "no rate-limit headers"
            return .init(.rateLimits, throttled > 0 ? .odd : .ok, words)
        }
        let list = last.limits.prefix(4).map { limit in
            "\(limit.name) \(limit.remaining.map { "\($0)" } ?? "?") of \(limit.limit.map { "\($0)" } ?? "?")"
        }.joined(separator: ", ")
        return .init(.rateLimits, throttled > 0 ? .odd : .ok, "left: \(list)")
    }

    private var connection: CheckResult.Finding {
        let later = evidence.questions.dropFirst().filter { $0.request.httpStatus != nil }
        let reused = later.count { $0.request.connection == .reused }
        let version = good[0].httpVersion ?? "HTTP"
        let server = good[0].server.map { ", \($0)" } ?? ""
        if later.isEmpty { return .init(.connection, .unknown, "\(version)\(server)") }
        if reused == 0 {
            return .init(.connection, .odd, "\(version)\(server); each answer needed a connection of its own")
        }
        return .init(.connection, .ok, "\(version)\(server); kept open (\(reused) of \(later.count) reused)")
    }

    private var time: CheckResult.Finding {
        let first = (evidence.questions.first { $0.request.connect != nil } ?? good[0]).request
        var parts: [String] = []
        if evidence.reach.resolveNanoseconds > 0 {
            parts.append("dns \(inWords(Double(evidence.reach.resolveNanoseconds) / 1e6))")
        }
        if let connect = first.connectMilliseconds { parts.append("connect \(inWords(connect))") }
        if let tls = first.tlsMilliseconds { parts.append("tls \(inWords(tls))") }
        if let wait = first.waitMilliseconds { parts.append("wait \(inWords(wait))") }
        return .init(
            .time,
            parts.isEmpty ? .unknown : .ok,
            (parts.isEmpty ? "not timed" : parts.joined(separator: ", ") + " ms")
                + (evidence.reach.waitedNanoseconds.map { "; ready after \(inWords(Double($0) / 1e9)) s of waiting" }
                    ?? "")
        )
    }

    private var serverTimings: CheckResult.Finding {
        guard let told = good.last(where: { !$0.serverTimings.isEmpty }) else {
            return .init(.serverTimings, .ok, "not reported")
        }
        let list = told.serverTimings.sorted { $0.key < $1.key }
            .map { "\($0.key.replacing("_", with: " ")) \(inWords($0.value))" }.joined(separator: ", ")
        return .init(.serverTimings, .ok, "\(list) ms, by its own clock")
    }

    private func words(of question: QuestionRecord) -> String {
        let status = question.request.httpStatus.map { "HTTP \($0): " } ?? "\(question.request.outcome.rawValue): "
        return status + (question.request.error ?? question.request.detail ?? question.request.outcome.rawValue)
    }
}
