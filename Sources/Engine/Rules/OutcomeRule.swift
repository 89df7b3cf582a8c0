internal import Measurement
internal import Transport
internal import Wire

/// Names what became of a request, by the contract's order: the first that matches wins.
enum OutcomeRule {
    /// What is known when a request is over.
    struct Evidence {
        var cause = EndCause.transfer(nil)
        var status = 0
        var reply = ReplyFacts()
        /// Whether some of the response's head came, and all of it.
        var headBegan = false
        var headEnded = false
        /// Content-Encoding of the response, which was asked to have none.
        var encoding: String?
        /// Whether a stream was asked for.
        var streams = true
        /// Vectors that were asked for; nil = text was.
        var inputs: Int?
        /// Reads that brought a token; nil = not known.
        var tokenReads: Int?
        /// Whether the generator itself read so late that what came one by one may have met in the socket.
        var mayHaveMet = false
    }

    struct Verdict: Sendable, Hashable {
        var outcome: Outcome
        /// The class in the fault matrix of Definitions.md, and behind a colon what the server's words add to it.
        var detail: String?
        /// Something odd that does not change the outcome.
        var note: String?
    }

    static func judge(_ evidence: Evidence) -> Verdict {
        let reply = evidence.reply
        let hasEnded = reply.terminalSign != .none
        if !hasEnded, case .ours(let ours) = evidence.cause {
            return Verdict(outcome: ours, detail: detail(of: ours, evidence))
        }
        let failure = evidence.cause.failure
        if let failure, !hasEnded, failure.kind != .truncated { return verdict(of: failure) }
        if let refused = verdict(status: evidence.status, reply: reply) { return refused }
        if reply.compression != nil || (isEncoded(evidence) && (reply.events == 0 || reply.body == .opaque)) {
            return Verdict(outcome: .protocol, detail: "unsupported_encoding")
        }
        if reply.hasOverflowed { return Verdict(outcome: .protocol, detail: "protocol_limit") }
        if reply.body == .opaque { return Verdict(outcome: .protocol, detail: "not_a_stream") }
        if let error = reply.error { return verdict(inband: error, status: evidence.status) }
        // A body that was cut is the last thing that can be wrong with a reply's form.
        if let failure, !hasEnded { return verdict(of: failure) }
        if evidence.status == 204 { return Verdict(outcome: .empty, detail: "empty", note: "HTTP 204") }
        var verdict = evidence.inputs == nil ? verdict(answer: reply) : verdict(vectors: reply)
        if verdict.outcome.class == .success { verdict.detail = AnswerFlaw.first(in: evidence)?.rawValue }
        if let words = late(evidence.cause) { verdict.note = verdict.note.map { "\($0); \(words)" } ?? words }
        return verdict
    }

    /// What came behind the end of an answer, and took nothing away.
    private static func late(_ cause: EndCause) -> String? {
        switch cause {
        case .transfer(nil): nil
        case .transfer(let failure?): "\(failure.detail) after the end of the answer"
        case .ours, .complete: "the connection stayed open after the end of the answer"
        }
    }

    private static func detail(of ours: Outcome, _ evidence: Evidence) -> String? {
        switch ours {
        case .timeoutConnect: "connect_timeout"
        case .timeoutFirstToken: evidence.headBegan && !evidence.headEnded ? "header_timeout" : "ttft_timeout"
        case .timeoutIdle: "idle_timeout"
        case .timeoutTotal: "total_timeout"
        default: nil
        }
    }

    private static func isEncoded(_ evidence: Evidence) -> Bool {
        guard let encoding = evidence.encoding?.lowercased() else { return false }
        return !encoding.isEmpty && encoding != "identity"
    }

    private static func verdict(of failure: TransferFailure) -> Verdict {
        let outcome: Outcome =
            switch failure.kind {
            case .resolve: .dns
            case .connect: .connect
            case .tls: .tls
            case .reset: .reset
            case .truncated: .truncated
            case .protocol: .protocol
            case .clientResource: .clientResource
            case .cancelled: .cancelled
            }
        // A body that ends early is one class, whoever noticed.
        if failure.kind == .truncated {
            return Verdict(outcome: outcome, detail: "truncated", note: "the body was cut")
        }
        return Verdict(outcome: outcome, detail: failure.detail)
    }

    private static func verdict(status: Int, reply: ReplyFacts) -> Verdict? {
        let (outcome, detail): (Outcome, String)
        switch status {
        case 200..<300: return nil
        case 401, 402, 403: (outcome, detail) = (.auth, "http_4xx_\(status)")
        case 429: (outcome, detail) = (.rateLimited, "rate_limited")
        case 503, 529: (outcome, detail) = (.overloaded, "http_5xx")
        case 300..<400: return Verdict(outcome: .http4xx, detail: "redirect")
        case 400..<500: (outcome, detail) = (.http4xx, "http_4xx_\(status)")
        case 500..<600: (outcome, detail) = (.http5xx, "http_5xx")
        default: return Verdict(outcome: .protocol, detail: "status_\(status)")
        }
        return Verdict(outcome: outcome, detail: detail + addition(to: status, reply.error))
    }

    private static func verdict(inband error: ServerError, status: Int) -> Verdict {
        Verdict(
            outcome: ErrorClass(status: 200, error: error) == .overloaded ? .overloaded : .inbandError,
            detail: "inband_error" + addition(to: 200, error)
        )
    }

    /// The class that the server's words name, where the status alone would not.
    private static func addition(to status: Int, _ error: ServerError?) -> String {
        let meaning = ErrorClass(status: status, error: error)
        return meaning == ErrorClass(status: status, error: nil) ? "" : ": \(meaning.rawValue)"
    }

    /// Embeddings: whether there are as many as was asked for is `AnswerFlaw`'s.
    private static func verdict(vectors reply: ReplyFacts) -> Verdict {
        if reply.terminalSign == .none {
            let note = reply.events == 0 ? "no event came" : "it holds no list of vectors"
            return Verdict(outcome: .truncated, detail: "truncated", note: note)
        }
        return reply.vectors > 0 ? Verdict(outcome: .ok) : Verdict(outcome: .empty, detail: "empty")
    }

    private static func verdict(answer reply: ReplyFacts) -> Verdict {
        let sign = reply.terminalSign
        guard sign != .none else {
            let note = reply.events == 0 ? "no event came" : "no sign of an end"
            return Verdict(outcome: .truncated, detail: "truncated", note: note)
        }
        var notes = reply.notes.map(\.rawValue)
        if sign == .done, reply.textBytes > 0 { notes.append("no finish reason") }
        if sign == .finish, !reply.isNotStreamed, reply.expectsDoneMarker { notes.append("no [DONE]") }
        if reply.unparseable > 0 {
            notes.append("\(reply.unparseable) event\(reply.unparseable == 1 ? "" : "s") could not be read")
        }
        let note = notes.isEmpty ? nil : notes.joined(separator: "; ")
        if reply.hasRefusal || reply.finish == .refusal {
            return Verdict(outcome: .refusal, detail: "refusal", note: note)
        }
        if reply.finish == .contentFilter { return Verdict(outcome: .filtered, detail: "filtered", note: note) }
        if reply.finish == .error { return Verdict(outcome: .inbandError, detail: "inband_error", note: note) }
        let hasAnswer = reply.visibleBytes > 0 || reply.toolBytes > 0 || reply.toolCalls > 0
        if !hasAnswer {
            // Tokens that were billed up to the cap, and of which nothing was to be seen, were reasoning too.
            let isBilled = reply.finish == .length && (reply.usage.output ?? 0) > 0
            let reasoned = reply.reasoningBytes > 0 || (reply.usage.reasoning ?? 0) > 0 || isBilled
            let outcome = reasoned ? Outcome.reasoningOnly : .empty
            return Verdict(
                outcome: outcome,
                detail: reply.finish == .length ? RequestRecord.cutShort : outcome.rawValue,
                note: note
            )
        }
        return Verdict(outcome: reply.finish == .length ? .okLength : .ok, note: note)
    }
}
