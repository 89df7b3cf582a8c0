import Measurement
import Testing
import Transport
import Wire

@testable import Engine

/// The contract's outcomes, each with evidence for it. Bodies are what servers send; the decoder reads them.
@Suite struct OutcomeRuleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var ours: Outcome?
        var failure: TransferFailure?
        var status = 200
        var type: String? = "text/event-stream"
        var body = ""
        var outcome: Outcome
        var detail: String?
        var note: String?

        var testDescription: String { name }

        var verdict: OutcomeRule.Verdict {
            var evidence = OutcomeRule.Evidence()
            evidence.cause = ours.map { .ours($0) } ?? .transfer(failure)
            evidence.status = status
            evidence.reply = ReplySample.facts(status: status, contentType: type, body)
            return OutcomeRule.judge(evidence)
        }
    }

    private typealias R = ReplySample

    static func failure(_ kind: TransferFailure.Kind, _ detail: String) -> TransferFailure {
        TransferFailure(kind: kind, detail: detail, text: "the library's words")
    }

    // MARK: what we decided

    static let ours: [Case] = [
        (Outcome.cancelled, nil), (.notSent, nil), (.timeoutConnect, "connect_timeout"),
        (.timeoutFirstToken, "ttft_timeout"), (.timeoutIdle, "idle_timeout"), (.timeoutTotal, "total_timeout"),
    ].map { (ours: Outcome, detail: String?) in
        Case(name: "ours: \(ours.rawValue)", ours: ours, body: R.role + R.text("a"), outcome: ours, detail: detail)
    }

    // MARK: the way there

    static let failures: [Case] = [
        Case(name: "no address", failure: failure(.resolve, "dns"), status: 0, outcome: .dns, detail: "dns"),
        Case(
            name: "nobody listens",
            failure: failure(.connect, "connect_refused"),
            status: 0,
            outcome: .connect,
            detail: "connect_refused"
        ),
        Case(
            name: "a wrong certificate",
            failure: failure(.tls, "tls_verify"),
            status: 0,
            outcome: .tls,
            detail: "tls_verify"
        ),
        Case(
            name: "no descriptors left",
            failure: failure(.clientResource, "no_descriptors"),
            status: 0,
            outcome: .clientResource,
            detail: "no_descriptors"
        ),
        Case(
            name: "reset before the head",
            failure: failure(.reset, "reset_preheader"),
            status: 0,
            outcome: .reset,
            detail: "reset_preheader"
        ),
        Case(
            name: "reset amid the stream",
            failure: failure(.reset, "reset_midstream"),
            body: R.role + R.text("a"),
            outcome: .reset,
            detail: "reset_midstream"
        ),
        Case(
            name: "a bad chunk size",
            failure: failure(.protocol, "protocol_chunk"),
            body: R.role + R.text("a"),
            outcome: .protocol,
            detail: "protocol_chunk"
        ),
        Case(
            name: "the connection ended before the body did",
            failure: failure(.truncated, "truncated_body"),
            body: R.role + R.text("a"),
            outcome: .truncated,
            detail: "truncated",
            note: "the body was cut"
        ),
        Case(
            name: "given up by the library",
            failure: failure(.cancelled, "aborted"),
            status: 0,
            outcome: .cancelled,
            detail: "aborted"
        ),
    ]

    // MARK: the server's answer

    static let statuses: [Case] = [
        (301, .http4xx, "redirect"), (302, .http4xx, "redirect"), (307, .http4xx, "redirect"),
        (308, .http4xx, "redirect"),
        (400, .http4xx, "http_4xx_400"), (401, .auth, "http_4xx_401"), (402, .auth, "http_4xx_402"),
        (403, .auth, "http_4xx_403"),
        (404, .http4xx, "http_4xx_404"), (408, .http4xx, "http_4xx_408"), (413, .http4xx, "http_4xx_413"),
        (422, .http4xx, "http_4xx_422"), (429, .rateLimited, "rate_limited"),
        (500, .http5xx, "http_5xx"), (502, .http5xx, "http_5xx"), (503, .overloaded, "http_5xx"),
        (504, .http5xx, "http_5xx"), (529, .overloaded, "http_5xx"),
        (101, .protocol, "status_101"), (600, .protocol, "status_600"),
    ].map { (status: Int, outcome: Outcome, detail: String) in
        Case(
            name: "status \(status)",
            status: status,
            type: "application/json",
            body: "{\"error\":{\"message\":\"no\",\"type\":\"t\",\"code\":\"c\"}}",
            outcome: outcome,
            detail: detail
        )
    }

    // MARK: where two match, the first in the contract's order

    static let precedence: [Case] = [
        Case(
            name: "our decision before the transfer's failure",
            ours: .timeoutIdle,
            failure: failure(.reset, "reset_midstream"),
            outcome: .timeoutIdle,
            detail: "idle_timeout"
        ),
        Case(
            name: "our lack of descriptors before the status",
            failure: failure(.clientResource, "no_descriptors"),
            status: 500,
            outcome: .clientResource,
            detail: "no_descriptors"
        ),
        Case(
            name: "a reset before the status",
            failure: failure(.reset, "reset_midstream"),
            status: 500,
            type: "application/json",
            body: "{\"error\":",
            outcome: .reset,
            detail: "reset_midstream"
        ),
        Case(
            name: "an error in the stream before a reset",
            failure: failure(.reset, "reset_midstream"),
            body: R.error(type: "server_error"),
            outcome: .inbandError,
            detail: "inband_error: server_error"
        ),
        Case(
            name: "the status before a cut body",
            failure: failure(.truncated, "truncated_body"),
            status: 429,
            type: "application/json",
            body: "{\"error\":",
            outcome: .rateLimited,
            detail: "rate_limited"
        ),
        Case(
            name: "an error in the stream before a cut body",
            failure: failure(.truncated, "truncated_body"),
            body: R.text("a") + R.error(type: "server_error"),
            outcome: .inbandError,
            detail: "inband_error: server_error"
        ),
        Case(
            name: "an overload in the stream before a cut body",
            failure: failure(.truncated, "truncated_body"),
            body: R.text("a") + R.error(type: "overloaded_error"),
            outcome: .overloaded,
            detail: "inband_error: overloaded"
        ),
        Case(
            name: "the status before a body that is no stream",
            status: 502,
            type: "text/html",
            body: "<html>Bad Gateway</html>",
            outcome: .http5xx,
            detail: "http_5xx"
        ),
        Case(
            name: "an error in the stream before its missing end",
            body: R.text("a") + R.error(type: "server_error", code: "c"),
            outcome: .inbandError,
            detail: "inband_error: server_error"
        ),
        Case(
            name: "a refusal before the filter",
            body: R.chunk("\"refusal\":\"no\"") + R.finish("content_filter") + R.done,
            outcome: .refusal,
            detail: "refusal"
        ),
        Case(
            name: "a refusal before a lack of text",
            body: R.role + R.finish("refusal") + R.done,
            outcome: .refusal,
            detail: "refusal"
        ),
    ]

    static let all = ours + failures + statuses + answersThatFail + answers + precedence

    @Test(arguments: all)
    func `evidence gets the outcome of the contract`(_ example: Case) {
        let verdict = example.verdict
        #expect(verdict.outcome == example.outcome)
        #expect(verdict.detail == example.detail)
        #expect(verdict.note == example.note)
    }

    @Test func `every outcome of the contract has evidence`() {
        #expect(Set(Self.all.map(\.outcome)) == Set(Outcome.allCases))
    }

    /// A generator that was stopped finds in one read what came one by one.
    @Test(arguments: [(1, false, "buffered"), (2, false, "buffered"), (1, true, nil), (2, true, nil), (3, false, nil)])
    func `an answer is called buffered where it was read in time`(reads: Int, mayHaveMet: Bool, detail: String?) {
        var evidence = OutcomeRule.Evidence()
        evidence.status = 200
        let words = (0..<16).map { _ in R.text("word ") }.joined()
        evidence.reply = R.facts(R.role + words + R.finish("stop") + R.usage(input: 3, output: 16) + R.done)
        evidence.tokenReads = reads
        evidence.mayHaveMet = mayHaveMet
        let verdict = OutcomeRule.judge(evidence)
        #expect(verdict.outcome == .ok && verdict.detail == detail, "\(verdict)")
    }

    @Test func `an event above the limit is a breach of protocol`() {
        var evidence = OutcomeRule.Evidence()
        evidence.status = 200
        evidence.reply = R.facts(R.text("a"))
        evidence.reply.notes = [.overflow]
        let verdict = OutcomeRule.judge(evidence)
        #expect(verdict.outcome == .protocol)
        #expect(verdict.detail == "protocol_limit")
    }
}
