import Testing
import Ticks
import Wire

/// Mutations of the table's cases: whatever comes, the decoders must neither crash nor hang, nor depend on the cuts.
@Suite struct FuzzTests {
    private static let seed: UInt64 = 20_261_120
    private static let alphabet = Array("\r\n\n: data{}[]\",\\u0eventid9\u{0}é".utf8) + [0xff, 0xef, 0xbb, 0xbf, 0xd8]

    private func mutate(_ bytes: [UInt8], with generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            let end = min(bytes.count, at + Int.random(in: 0..<12, using: &generator))
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.removeSubrange(at..<end)
            case 1: bytes.insert(Self.alphabet.randomElement(using: &generator) ?? 0, at: at)
            case 2: if at < bytes.count { bytes[at] = Self.alphabet.randomElement(using: &generator) ?? 0 }
            case 3: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            default: bytes.insert(contentsOf: bytes[at..<end], at: at)
            }
        }
        return bytes
    }

    private func randomSizes(_ count: Int, with generator: inout SplitMix64) -> [Int] {
        var sizes: [Int] = []
        var left = count
        while left > 0 {
            let size = Int.random(in: 1...min(left, 40), using: &generator)
            sizes.append(size)
            left -= size
        }
        return sizes
    }

    @Test func `twenty thousand mutated replies are decoded, alike in one read and in many`() {
        print("fuzz seed", Self.seed)
        var generator = SplitMix64(seed: Self.seed)
        let samples = SSECases.all.openai.map { Array($0.bytes_b64) }
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        let types = ["text/event-stream", "application/json", nil]
        var unparseable = 0
        var tokens = 0
        for round in 0..<20_000 {
            let bytes = mutate(samples[round % samples.count], with: &generator)
            let status = round % 5 == 0 ? 429 : 200
            let type = types[round % 3]
            let whole = decode(bytes, status: status, contentType: type, with: decoder)
            let sizes = randomSizes(bytes.count, with: &generator)
            let parts = decode(bytes, sizes: sizes, status: status, contentType: type, with: decoder)
            #expect(parts == whole, "round \(round), seed \(Self.seed)")
            unparseable += whole.reply.unparseable
            tokens += whole.total.tokenEvents
        }
        #expect(unparseable > 1_000, "the mutations must reach the parser")
        #expect(tokens > 1_000, "the mutations must leave something to read")
    }

    @Test(arguments: [
        (API.openAICompletions, OpenAICompletionsTests.cases), (.openAIResponses, OpenAIResponsesTests.cases),
        (.anthropic, AnthropicTests.cases), (.gemini, GeminiTests.cases),
        (.geminiInteractions, GeminiInteractionsTests.cases), (.ollama, OllamaTests.cases),
        (.textGenerationInference, TextGenerationInferenceTests.cases), (.cohere, CohereTests.cases),
        (.openAIEmbeddings, OpenAIEmbeddingsTests.cases),
    ])
    func `mutated replies of every API are decoded, alike in one read and in many`(api: API, cases: [APICase]) {
        var generator = SplitMix64(seed: Self.seed)
        let decoder = ReplyDecoder(api: api, parser: JSONParser(), keepsText: true)
        var unparseable = 0
        var tokens = 0
        for round in 0..<3_000 {
            let row = cases[round % cases.count]
            let bytes = mutate(Array(row.wire.utf8), with: &generator)
            let whole = decode(bytes, status: row.status, contentType: row.contentType, with: decoder)
            let sizes = randomSizes(bytes.count, with: &generator)
            let parts = decode(bytes, sizes: sizes, status: row.status, contentType: row.contentType, with: decoder)
            #expect(parts == whole, "\(api), round \(round), seed \(Self.seed)")
            unparseable += whole.reply.unparseable
            tokens += whole.total.tokenEvents + whole.reply.vectors
        }
        #expect(unparseable > 100, "the mutations must reach the parser")
        #expect(tokens > (api.makesVectors ? 100 : 1_000), "the mutations must leave something to read")
    }

    @Test func `mutated request bodies are read or refused`() {
        var generator = SplitMix64(seed: Self.seed)
        let body = ChatRequest(
            model: "m",
            messages: [.init(role: "user", content: "Hi \"é\"")],
            maxTokens: 5,
            temperature: 0,
            seed: 1,
            ignoresEndOfSequence: true
        ).body()
        let parser = JSONParser()
        var accepted = 0
        for _ in 0..<5_000 {
            let mutant = mutate(body, with: &generator)
            if (try? ChatRequestFacts(body: mutant.span, parser: parser)) != nil { accepted += 1 }
            _ = ModelList.ids(in: mutant.span, parser: parser)
        }
        #expect(accepted > 100 && accepted < 4_900)
    }
}
