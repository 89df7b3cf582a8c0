import Measurement
import Testing
import Transport
import Wire

@testable import Engine

/// What becomes of a request for two vectors.
@Suite struct EmbeddingOutcomeTests {
    private func reply(_ body: String, status: Int = 200) -> ReplyFacts {
        let decoder = ReplyDecoder(api: .openAIEmbeddings, parser: JSONParser())
        decoder.begin(status: status, contentType: "application/json")
        let bytes = Array(body.utf8)
        if !bytes.isEmpty { _ = decoder.receive(bytes.span) }
        _ = decoder.finish()
        return decoder.reply
    }

    private func judge(_ body: String, status: Int = 200, failure: TransferFailure? = nil) -> OutcomeRule.Verdict {
        var evidence = OutcomeRule.Evidence()
        evidence.status = status
        evidence.cause = .transfer(failure)
        evidence.reply = reply(body, status: status)
        evidence.streams = false
        evidence.inputs = 2
        return OutcomeRule.judge(evidence)
    }

    private static let usage = #","usage":{"prompt_tokens":5,"total_tokens":5}"#
    private static let one = #"{"embedding":[0.5,1]}"#

    @Test(
        arguments: [
            (#"{"data":[\#(one),\#(one)]\#(usage)}"#, Outcome.ok, nil),
            (#"{"data":[\#(one),\#(one)]}"#, .ok, "usage_missing"),
            (#"{"data":[\#(one)]\#(usage)}"#, .ok, "vector_count"),
            (#"{"data":[\#(one),\#(one),\#(one)]\#(usage)}"#, .ok, "vector_count"),
            (#"{"data":[]\#(usage)}"#, .empty, "empty"), (#"{"data":[{"embedding":[]}]\#(usage)}"#, .empty, "empty"),
            (#"{"choices":[]}"#, .truncated, "truncated"), ("", .truncated, "truncated"),
            (#"{"error":{"message":"no"}}"#, .inbandError, "inband_error"), ("<html>", .protocol, "not_a_stream"),
        ] as [(String, Outcome, String?)]
    )
    func `an answer is judged by its vectors`(body: String, outcome: Outcome, detail: String?) {
        let verdict = judge(body)
        #expect(verdict.outcome == outcome && verdict.detail == detail, "\(verdict)")
    }

    @Test func `a refusal is told by its status, a body that was cut by its failure`() {
        #expect(judge(#"{"error":{"message":"no"}}"#, status: 429).outcome == .rateLimited)
        let cut = TransferFailure(kind: .truncated, detail: "body_short", text: "cut")
        #expect(judge(#"{"data":[{"embe"#, failure: cut).outcome == .truncated)
    }

    @Test func `its tokens are known by the count of its input, and its output is none`() {
        var record = RequestRecord()
        record.noteVectors(reply(#"{"data":[\#(Self.one)]\#(Self.usage)}"#), of: 2)
        #expect(record.inputs == 2 && record.vectors == 1)
        #expect(record.outputTokens == 0 && record.tokenSource == .usage)
        record.noteVectors(reply(#"{"data":[\#(Self.one)]}"#), of: 2)
        #expect(record.outputTokens == nil && record.tokenSource == nil)
    }
}
