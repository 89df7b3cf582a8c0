import Measurement
import Testing
import Ticks
import Transport
import Wire

@testable import Engine

/// The answer decides, not the connection: nothing that comes behind its end changes what became of it.
@Suite struct ReplyEndTests {
    private typealias R = ReplySample

    /// A body up to its terminal sign, for each way in which an API says that it is over.
    struct Sign: Sendable, CustomTestStringConvertible {
        var name: String
        var api = API.openAIChat
        var body: String
        var isFinal = true
        var outcome = Outcome.ok
        var testDescription: String { name }
    }

    static let signs: [Sign] = [
        Sign(name: "[DONE]", body: R.text("hi") + R.finish("stop") + R.done),
        Sign(name: "a finish reason", body: R.text("hi") + R.finish("stop"), isFinal: false),
        Sign(
            name: "a finish reason for length",
            body: R.text("hi") + R.finish("length"),
            isFinal: false,
            outcome: .okLength
        ),
        Sign(name: "an error event", body: R.text("hi") + R.error(type: "server_error"), outcome: .inbandError),
        Sign(
            name: "response.completed",
            api: .openAIResponses,
            body: event("response.output_text.delta", "\"delta\":\"hi\",\"output_index\":0")
                + event("response.completed", "\"response\":{\"status\":\"completed\"}")
        ),
        Sign(
            name: "response.incomplete",
            api: .openAIResponses,
            body: event("response.output_text.delta", "\"delta\":\"hi\",\"output_index\":0")
                + event(
                    "response.incomplete",
                    "\"response\":{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}}"
                ),
            outcome: .okLength
        ),
        Sign(
            name: "response.failed",
            api: .openAIResponses,
            body: event("response.output_text.delta", "\"delta\":\"hi\",\"output_index\":0")
                + event(
                    "response.failed",
                    "\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"no\"}}"
                ),
            outcome: .inbandError
        ),
        Sign(
            name: "message_stop",
            api: .anthropic,
            body: event("content_block_delta", "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}")
                + event("message_delta", "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}")
                + event("message_stop", "")
        ),
        Sign(
            name: "Ollama's done",
            api: .ollama,
            body: "{\"message\":{\"role\":\"assistant\",\"content\":\"hi\"},\"done\":false}\n"
                + "{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n"
        ),
        Sign(
            name: "Cohere's message-end",
            api: .cohere,
            body: event("content-delta", "\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"hi\"}}}")
                + event("message-end", "\"delta\":{\"finish_reason\":\"COMPLETE\"}")
        ),
        Sign(
            name: "TGI's generated_text",
            api: .textGenerationInference,
            body: "data: {\"token\":{\"text\":\"hi\"},\"generated_text\":null}\n\n"
                + "data: {\"token\":{\"text\":\"\"},\"generated_text\":\"hi\",\"details\":{\"finish_reason\":\"eos_token\"}}\n\n"
        ),
    ]

    private static func event(_ type: String, _ members: String) -> String {
        let rest = members.isEmpty ? "" : ",\(members)"
        return "event: \(type)\ndata: {\"type\":\"\(type)\"\(rest)}\n\n"
    }

    /// What ends the request behind that.
    static let causes: [EndCause] = [
        .complete, .ours(.cancelled), .ours(.timeoutIdle), .ours(.timeoutTotal), .ours(.timeoutFirstToken),
        .transfer(nil),
        .transfer(TransferFailure(kind: .reset, detail: "reset_midstream", text: "")),
        .transfer(TransferFailure(kind: .truncated, detail: "truncated_body", text: "")),
        .transfer(TransferFailure(kind: .protocol, detail: "protocol_92", text: "")),
        .transfer(TransferFailure(kind: .tls, detail: "tls_handshake", text: "")),
    ]

    /// What a server may still send.
    static let rests = [
        "", ": ping\n\n", "\n\n", "data: {\"error\":{\"message\":\"late\",\"type\":\"overloaded_error\"}}\n\n",
    ]

    @Test(arguments: signs, rests)
    func `what comes behind the end changes no outcome`(sign: Sign, rest: String) {
        for cause in Self.causes {
            var evidence = OutcomeRule.Evidence()
            evidence.status = 200
            evidence.cause = cause
            evidence.reply = Self.read(sign, then: [rest]).decoder.reply
            let verdict = OutcomeRule.judge(evidence)
            #expect(verdict.outcome == sign.outcome, "\(cause)")
            if cause != .transfer(nil), verdict.outcome.class == .success {
                #expect(verdict.note?.contains("after the end of the answer") == true, "\(cause)")
            }
        }
    }

    /// Reads come at 1 s, 1.1 s, 1.2 s ...; the first is the answer with its sign.
    private static func read(_ sign: Sign, then rests: [String]) -> (decoder: ReplyDecoder, end: ReplyEnd) {
        let decoder = ReplyDecoder(api: sign.api, parser: JSONParser())
        decoder.begin(status: 200, contentType: sign.api == .ollama ? "application/x-ndjson" : "text/event-stream")
        var end = ReplyEnd()
        for (number, piece) in ([sign.body] + rests).enumerated() where !piece.isEmpty {
            let bytes = Array(piece.utf8)
            let digest = decoder.receive(bytes.span)
            let instant = at(1000 + 100 * number)
            end.note(digest.terminalSign, usage: decoder.reply.usage, at: instant, read: instant)
        }
        return (decoder, end)
    }

    private static func at(_ milliseconds: Int) -> Instant { Instant(nanoseconds: Int64(milliseconds) * 1_000_000) }

    @Test(arguments: signs) func `a complete answer is over a short while later`(sign: Sign) {
        let end = Self.read(sign, then: []).end
        #expect(end.sign.isFinal == sign.isFinal)
        #expect(end.over(ReplyEnd.Patience()) == Self.at(sign.isFinal ? 1250 : 3000))
    }

    @Test(arguments: signs) func `comments, pings and empty events do not make it longer`(sign: Sign) {
        let idle = [": ping\n\n", "\n\n", "data:\n\n", "data: {\"type\":\"ping\"}\n\n", "data: {\"choices\":[]}\n\n"]
        let pings = sign.api == .ollama ? ["\n", "{}\n"] : idle
        #expect(Self.read(sign, then: pings).end.over(ReplyEnd.Patience()) == Self.at(sign.isFinal ? 1250 : 3000))
    }

    @Test func `a late usage is taken, and starts the patience anew`() {
        let sign = Self.signs[1]
        let (decoder, end) = Self.read(sign, then: [": ping\n\n", R.usage(input: 5, output: 9)])
        #expect(decoder.reply.usage.output == 9)
        #expect(end.over(ReplyEnd.Patience()) == Self.at(1200 + 2000))
    }

    @Test func `[DONE] behind a finish reason shortens the patience`() {
        let end = Self.read(Self.signs[1], then: [R.done]).end
        #expect(end.over(ReplyEnd.Patience()) == Self.at(1100 + 250))
    }

    @Test func `text behind a finish reason takes the end back`() {
        let (decoder, end) = Self.read(Self.signs[1], then: [R.text("more")])
        #expect(end.over(ReplyEnd.Patience()) == nil)
        #expect(decoder.reply.terminalSign == .none)
    }

    @Test func `a reply that has not ended has no patience`() {
        var end = ReplyEnd()
        end.note(.none, usage: Usage(output: 4), at: Self.at(1), read: Self.at(1))
        #expect(end.over(ReplyEnd.Patience()) == nil)
    }

    /// What is behind the sign lies in the socket still, and its connection is as good as any.
    @Test func `of a reply that was read late the patience begins with the read`() {
        var end = ReplyEnd()
        end.note(.done, usage: Usage(output: 4), at: Self.at(1000), read: Self.at(1900))
        #expect(end.since == Self.at(1000) && end.noticed == Self.at(1900))
        #expect(end.over(ReplyEnd.Patience()) == Self.at(1900 + 250))
    }
}
