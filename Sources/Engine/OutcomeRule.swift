internal import Measurement
internal import Transport
internal import Wire

/// Names what became of a request, by the contract's order: the first that matches wins.
enum OutcomeRule {
    /// What is known when a request is over.
    struct Evidence {
        /// A decision of ours: cancelled, or one of the four timeouts.
        var ours: Outcome?
        var failure: TransferFailure?
        var status = 0
        var reply = ReplyFacts()
    }

    struct Verdict: Sendable, Hashable {
        var outcome: Outcome
        var detail: String?
        /// Something odd that does not change the outcome.
        var note: String?
    }

    static func judge(_ evidence: Evidence) -> Verdict {
        if let ours = evidence.ours { return Verdict(outcome: ours) }
        let reply = evidence.reply
        let hasEnded = reply.terminalSign != .none
        if let failure = evidence.failure, !isLate(failure, hasEnded: hasEnded) { return verdict(of: failure) }
        if let refused = verdict(status: evidence.status, reply: reply) { return refused }
        if reply.hasOverflowed { return Verdict(outcome: .protocol, detail: "protocol_limit") }
        if reply.body == .opaque { return Verdict(outcome: .protocol, detail: "not_a_stream") }
        if let error = reply.error {
            return saysOverloaded(error)
                ? Verdict(outcome: .overloaded, detail: "inband_overloaded")
                : Verdict(outcome: .inbandError, detail: error.code ?? error.type)
        }
        if let failure = evidence.failure, !hasEnded { return verdict(of: failure) }
        if evidence.status == 204 { return Verdict(outcome: .empty, detail: "http_204") }
        var verdict = verdict(answer: reply)
        if let failure = evidence.failure {
            let words = "\(failure.detail) after the end of the answer"
            verdict.note = verdict.note.map { "\($0); \(words)" } ?? words
        }
        return verdict
    }

    /// Whether the answer is judged before the failure: a body that was cut is the last thing that can be wrong with a
    /// reply's form, and a connection that dies after the terminal sign took nothing away.
    private static func isLate(_ failure: TransferFailure, hasEnded: Bool) -> Bool {
        failure.kind == .truncated || (failure.kind == .reset && hasEnded)
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
        return Verdict(outcome: outcome, detail: failure.detail)
    }

    private static func verdict(status: Int, reply: ReplyFacts) -> Verdict? {
        switch status {
        case 200..<300: nil
        case 401, 402, 403: Verdict(outcome: .auth, detail: "http_\(status)")
        case 429: Verdict(outcome: .rateLimited, detail: "http_429")
        case 503, 529: Verdict(outcome: .overloaded, detail: "http_\(status)")
        case 300..<400: Verdict(outcome: .http4xx, detail: "redirect_\(status)")
        case 400..<500: Verdict(outcome: .http4xx, detail: "http_\(status)")
        case 500..<600: Verdict(outcome: .http5xx, detail: "http_\(status)")
        default: Verdict(outcome: .protocol, detail: "status_\(status)")
        }
    }

    private static func saysOverloaded(_ error: ServerError) -> Bool {
        ["503", "529"].contains(error.code)
            || [error.type, error.code].contains { $0?.contains("overloaded") ?? false }
    }

    private static func verdict(answer reply: ReplyFacts) -> Verdict {
        let sign = reply.terminalSign
        guard sign != .none else {
            return Verdict(outcome: .truncated, detail: reply.events == 0 ? "empty_stream" : "no_terminal_sign")
        }
        var notes = reply.notes.map(\.rawValue)
        if sign == .done, reply.textBytes > 0 { notes.append("no finish reason") }
        if sign == .finish, !reply.isNotStreamed, reply.expectsDoneMarker { notes.append("no [DONE]") }
        if reply.unparseable > 0 { notes.append("\(reply.unparseable) events could not be read") }
        let note = notes.isEmpty ? nil : notes.joined(separator: "; ")
        if reply.hasRefusal || reply.finish == .refusal { return Verdict(outcome: .refusal, note: note) }
        if reply.finish == .contentFilter { return Verdict(outcome: .filtered, note: note) }
        if reply.finish == .error { return Verdict(outcome: .inbandError, detail: reply.finishWord, note: note) }
        let hasAnswer = reply.visibleBytes > 0 || reply.toolBytes > 0 || reply.toolCalls > 0
        if !hasAnswer {
            let reasoned = reply.reasoningBytes > 0 || (reply.usage.reasoning ?? 0) > 0
            return Verdict(outcome: reasoned ? .reasoningOnly : .empty, detail: reply.finishWord, note: note)
        }
        return Verdict(outcome: reply.finish == .length ? .okLength : .ok, note: note)
    }
}
