import Foundation
import Testing

@testable import Wire

/// Lines are read back with Foundation's parser.
@Suite struct BatchAnswerTests {
    private func object(_ answer: BatchAnswer) throws -> [String: Any] {
        let line = answer.line { $0.replacing("secret", with: "[redacted]") }
        #expect(!line.contains("\n"))
        return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private func answer(to stream: String, status: Int = 200, failure: (String, String)? = nil) -> BatchAnswer {
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        decoder.begin(status: status, contentType: status == 200 ? "text/event-stream" : "application/json")
        _ = decoder.receive(Array(stream.utf8).span)
        _ = decoder.finish()
        return BatchAnswer(
            id: "batch_req_1",
            customID: "mine \"1\"",
            requestID: "r-1",
            model: "m",
            created: 1_790_000_000,
            reply: decoder.reply,
            text: decoder.text,
            failure: failure.map { (code: $0.0, message: $0.1) }
        )
    }

    private static let stream = """
        data: {"choices":[{"index":0,"delta":{"content":"Hel\\nlo "}}]}

        data: {"choices":[{"index":0,"delta":{"content":"secret"},"finish_reason":"stop"}]}

        data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}

        data: [DONE]


        """

    @Test func `a streamed answer becomes one completion under its custom id, redacted`() throws {
        let line = try object(answer(to: Self.stream))
        #expect(line["custom_id"] as? String == "mine \"1\"")
        #expect(line["error"] is NSNull)
        let response = try #require(line["response"] as? [String: Any])
        #expect(response["status_code"] as? Int == 200)
        #expect(response["request_id"] as? String == "r-1")
        let body = try #require(response["body"] as? [String: Any])
        #expect(body["object"] as? String == "chat.completion")
        #expect((body["usage"] as? [String: Int])?["completion_tokens"] == 2)
        let choice = try #require((body["choices"] as? [[String: Any]])?.first)
        #expect(choice["finish_reason"] as? String == "stop")
        #expect((choice["message"] as? [String: Any])?["content"] as? String == "Hel\nlo [redacted]")
    }

    @Test func `tool calls come back whole`() throws {
        let stream = """
            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"f","arguments":"{\\"a\\":"}}]}}]}

            data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """
        let body = (try object(answer(to: stream))["response"] as? [String: Any])?["body"] as? [String: Any]
        let message = (body?["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
        #expect(message?["content"] is NSNull)
        let call = try #require((message?["tool_calls"] as? [[String: Any]])?.first)
        #expect(call["id"] as? String == "c1")
        #expect((call["function"] as? [String: String]) == ["name": "f", "arguments": "{\"a\":1}"])
    }

    @Test func `an HTTP error is told in the body, any other failure in error`() throws {
        let refused = try object(
            answer(to: #"{"error":{"message":"no secret"}}"#, status: 429, failure: ("rate_limited", "no secret"))
        )
        let response = try #require(refused["response"] as? [String: Any])
        #expect(response["status_code"] as? Int == 429)
        #expect(((response["body"] as? [String: Any])?["error"] as? [String: String])?["message"] == "no [redacted]")
        #expect(refused["error"] is NSNull)
        var lost = answer(to: "", failure: ("reset", "connection reset"))
        lost.reply = ReplyFacts()
        let line = try object(lost)
        #expect(line["response"] is NSNull)
        #expect(line["error"] as? [String: String] == ["code": "reset", "message": "connection reset"])
    }
}
