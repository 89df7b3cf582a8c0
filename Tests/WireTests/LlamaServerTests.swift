import Foundation
import Testing
import Wire

/// Replies recorded from a real llama.cpp server (a tiny model with random weights, temperature 0, 24 tokens asked for
/// with `ignore_eos`). The same prompt was answered as a stream, as a stream of two choices and in one piece, so that
/// the server is its own oracle: the text of all is the same.
@Suite struct LlamaServerTests {
    private func recorded(_ name: String, _ type: String) throws -> [UInt8] {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Fixtures/llama.cpp")
        )
        return Array(try Data(contentsOf: url))
    }

    private func reads(of bytes: [UInt8]) -> [[Int]] {
        var result = splits("sizes:1,7,100,1460,4096,100000", of: bytes)
        for cut in stride(from: 0, through: bytes.count, by: 7) { result.append([cut, bytes.count - cut]) }
        return result
    }

    @Test func `a streamed answer is read as the server counted it`() throws {
        let bytes = try recorded("stream", "txt")
        let whole = decode(try recorded("whole", "json"), contentType: "application/json; charset=utf-8")
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        for sizes in reads(of: bytes) {
            let decoded = decode(bytes, sizes: sizes, with: decoder)
            #expect(decoded.text.choices[0]?.content == whole.text.choices[0]?.content)
            #expect(decoded.total.visibleBytes == 25)
            #expect(decoded.total.events == 26)
            #expect(decoded.total.tokenEvents == 23, "24 tokens: one was held back until its character was whole")
            #expect(decoded.reply.usage == Usage(input: 37, cachedInput: 0, output: 24, total: 61))
            #expect(decoded.reply.serverTimings?.prefillMilliseconds == 8.564)
            #expect(decoded.reply.serverTimings?.generationMilliseconds == 5.132)
            #expect(decoded.reply.finish == .length)
            #expect(decoded.reply.terminalSign == .both)
            #expect(decoded.reply.notes == [])
            #expect(decoded.reply.unparseable == 0)
        }
    }

    @Test func `two choices are told apart`() throws {
        let bytes = try recorded("two-choices", "txt")
        let whole = decode(try recorded("whole", "json"), contentType: "application/json; charset=utf-8")
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        for sizes in splits("sizes:1,100,4096,100000", of: bytes) {
            let decoded = decode(bytes, sizes: sizes, with: decoder)
            #expect(decoded.text.choices[0]?.content == whole.text.choices[0]?.content)
            #expect(decoded.text.choices[1]?.content == whole.text.choices[0]?.content)
            #expect(decoded.total.tokenEvents == 46)
            #expect(decoded.reply.choices.map(\.index) == [1, 0])
            #expect(decoded.reply.choices.map(\.finish) == ["length", "length"])
            #expect(decoded.reply.usage == Usage(input: 37, cachedInput: 36, output: 24, total: 61))
        }
    }

    @Test func `an answer in one piece is read as the server counted it`() throws {
        let decoded = decode(try recorded("whole", "json"), contentType: "application/json; charset=utf-8")
        #expect(decoded.text.choices[0]?.content == "2u\u{12}er2u\u{12}CIu\u{12}$2u2uV2u\u{12}ҊuV")
        #expect(decoded.reply.usage == Usage(input: 37, cachedInput: 36, output: 24, total: 61))
        #expect(decoded.reply.isNotStreamed)
        #expect(decoded.reply.terminalSign == .finish)
    }

    @Test func `its refusals and its list of models are understood`() {
        let refusal = """
            {"error":{"code":400,"message":"request (6023 tokens) exceeds the available context size (512 tokens), \
            try increasing it","type":"exceed_context_size_error","n_prompt_tokens":6023,"n_ctx":512}}
            """
        let reply = decode(refusal, status: 400, contentType: "application/json; charset=utf-8").reply
        #expect(reply.error?.type == "exceed_context_size_error")
        #expect(reply.error?.code == "400")
        #expect(ErrorClass(status: 400, error: reply.error) == .contextLength)
        let models =
            #"{"models":[{"name":"tiny-random"}],"object":"list","data":[{"id":"tiny-random","owned_by":"llamacpp"}]}"#
        #expect(ModelList.ids(in: Array(models.utf8).span, parser: JSONParser()) == ["tiny-random"])
    }
}
