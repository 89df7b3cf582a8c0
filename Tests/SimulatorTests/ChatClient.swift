import Glibc
import TestSupport
import Ticks
import Transport
import Wire

/// A chat client for tests: raw sockets below, `Wire`'s decoder above.
final class ChatClient {
    struct Answer {
        var status = 0
        var head = ""
        var facts = ReplyFacts()
        var text = ""
        /// Instants at which a read brought token-bearing events, and how many.
        var tokens: [(at: Instant, events: Int)] = []
        /// Whether the body came to its proper end.
        var isWhole = false
        var sent = Instant.zero

        var tokenEvents: Int { facts.tokenEvents }
    }

    let raw: RawClient

    init(port: Int) { raw = RawClient(port: port) }

    static func body(
        maxTokens: Int? = 8,
        stream: Bool = true,
        usage: Bool = true,
        content: String = "12345678",
        extra: String = ""
    ) -> String {
        var text = "{\"model\":\"simulated\",\"messages\":[{\"role\":\"user\",\"content\":\"\(content)\"}]"
        if let maxTokens { text += ",\"max_tokens\":\(maxTokens)" }
        if stream { text += ",\"stream\":true" }
        if stream && usage { text += ",\"stream_options\":{\"include_usage\":true}" }
        return text + extra + "}"
    }

    func post(_ body: String, id: String? = nil) {
        let name = id.map { "X-Request-Id: \($0)\r\n" } ?? ""
        raw.send(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n\(name)Content-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    func get(_ path: String) -> (status: Int, body: String) {
        raw.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        let reply = raw.reply()
        return (reply.status, reply.body)
    }

    /// Sends a request and reads its answer to the end.
    func ask(_ body: String = ChatClient.body(), id: String? = nil) -> Answer {
        let sent = MonotonicClock.now()
        post(body, id: id)
        var answer = answer()
        answer.sent = sent
        return answer
    }

    /// Reads one answer; stops when `enough` of the token events have come.
    func answer(enough: Int = .max) -> Answer {
        var answer = Answer()
        answer.head = raw.read(upTo: "\r\n\r\n")
        answer.status = answer.head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let fields = answer.head.split(separator: "\r\n").dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts.count > 1 ? parts[1].drop { $0 == " " } : "")
        }
        func field(_ name: String) -> String? { fields.first { $0.0 == name }.map { String($0.1) } }
        let decoder = ReplyDecoder(api: .openAIChat, parser: JSONParser(), keepsText: true)
        decoder.begin(status: answer.status, contentType: field("content-type"))
        if let length = field("content-length").flatMap({ Int($0) }) {
            let bytes = raw.read(count: length)
            _ = decoder.receive(bytes.span)
            answer.isWhole = bytes.count == length
        } else {
            var seen = 0
            while seen < enough {
                let line = raw.read(upTo: "\r\n")
                guard line.hasSuffix("\r\n"), let size = Int(line.dropLast(1), radix: 16) else { break }
                let bytes = raw.read(count: size + 2)
                let now = MonotonicClock.now()
                guard bytes.count == size + 2 else { break }
                if size == 0 {
                    answer.isWhole = true
                    break
                }
                let payload = Array(bytes[..<size])
                let digest = decoder.receive(payload.span)
                seen += digest.tokenEvents
                if digest.tokenEvents > 0 { answer.tokens.append((now, digest.tokenEvents)) }
            }
        }
        _ = decoder.finish()
        answer.facts = decoder.reply
        answer.text = decoder.text.choices[0]?.content ?? ""
        return answer
    }
}
