import Foundation
import Testing

/// The private table of byte inputs and expected results, `Fixtures/sse_cases.json`.
struct SSECases: Decodable {
    var sse: [StreamCase]
    var openai: [ChatCase]

    static let all: SSECases = {
        do {
            guard let url = Bundle.module.url(forResource: "sse_cases", withExtension: "json", subdirectory: "Fixtures")
            else { fatalError("no fixture") }
            return try JSONDecoder().decode(SSECases.self, from: Data(contentsOf: url))
        } catch { fatalError("\(error)") }
    }()
}

struct StreamCase: Decodable, CustomTestStringConvertible, Sendable {
    struct Event: Decodable, Hashable, Sendable {
        var type: String
        var data: String
        var id: String
    }
    var id: String
    var bytes_b64: Data
    var splits: String
    var events: [Event]
    var last_event_id: String
    var retry: Int?

    var testDescription: String { id }
}

struct ChatCase: Decodable, CustomTestStringConvertible, Sendable {
    struct Expectation: Decodable, Sendable {
        var done: Bool
        var error: ExpectedError?
        var usage: ExpectedUsage?
        var choices: [String: ExpectedChoice]
        var unparseable: Int
    }
    struct ExpectedChoice: Decodable, Sendable {
        struct ToolCall: Decodable, Hashable, Sendable {
            var id: String
            var name: String
            var arguments: String
        }
        var content: String
        var finish_reason: String?
        var content_deltas: Int
        var reasoning: String?
        var reasoning_deltas: Int?
        var tool_calls: [ToolCall]?
    }
    struct ExpectedUsage: Decodable, Hashable, Sendable {
        struct Prompt: Decodable, Hashable, Sendable { var cached_tokens: Int64? }
        struct Completion: Decodable, Hashable, Sendable { var reasoning_tokens: Int64? }
        var prompt_tokens: Int64?
        var completion_tokens: Int64?
        var total_tokens: Int64?
        var prompt_tokens_details: Prompt?
        var completion_tokens_details: Completion?
    }
    /// A string or an object.
    struct ExpectedError: Decodable, Hashable, Sendable {
        var message: String
        var type: String?
        var code: Int?

        private enum Key: CodingKey { case message, type, code }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                message = text
                return
            }
            let members = try decoder.container(keyedBy: Key.self)
            message = try members.decode(String.self, forKey: .message)
            type = try members.decodeIfPresent(String.self, forKey: .type)
            code = try members.decodeIfPresent(Int.self, forKey: .code)
        }
    }
    var id: String
    var bytes_b64: Data
    var splits: String
    var expect: Expectation

    var testDescription: String { id }
}

/// The ways to cut `bytes` into reads that a case asks for; each is a list of sizes that covers all bytes.
func splits(_ policy: String, of bytes: [UInt8]) -> [[Int]] {
    if policy == "every" {
        var result = [[bytes.count], Array(repeating: 1, count: bytes.count)]
        for cut in 0...bytes.count { result.append([cut, bytes.count - cut]) }
        return result
    }
    precondition(policy.hasPrefix("sizes:"), "unknown split policy \(policy)")
    return policy.dropFirst(6).split(separator: ",").map { word in
        let size = Int(word) ?? 0
        precondition(size > 0)
        var sizes = Array(repeating: size, count: bytes.count / size)
        if bytes.count % size > 0 { sizes.append(bytes.count % size) }
        return sizes
    }
}

/// Calls `body` with each read.
func forEachRead(of bytes: [UInt8], sizes: [Int], _ body: (Span<UInt8>) -> Void) {
    precondition(sizes.reduce(0, +) == bytes.count, "the reads must cover the bytes")
    var start = 0
    for size in sizes {
        // A copy of its own for each read, so that nothing can lean on what stands behind it.
        let read = Array(bytes[start..<start + size])
        body(read.span)
        start += size
    }
}
