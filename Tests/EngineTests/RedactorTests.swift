import Foundation
import Testing

@testable import Engine

/// Encodings of the canary come from Foundation and from tables by hand, not from the redactor.
@Suite struct RedactorTests {
    private let canary = "sk-CANARY+/\"7 f?x~19Qz"
    private var redactor: Redactor { Redactor(secrets: [canary]) }

    /// Whether some piece of `secret` of that length is left in `text`.
    private func leaks(_ secret: String, in text: String, piece: Int = 6) -> Bool {
        let bytes = Array(secret.utf8)
        let text = Array(text.utf8)
        guard bytes.count >= piece, text.count >= piece else { return false }
        let pieces = Set((0...bytes.count - piece).map { Array(bytes[$0..<$0 + piece]) })
        return (0...text.count - piece).contains { pieces.contains(Array(text[$0..<$0 + piece])) }
    }

    @Test func `the key itself goes, and the words around it stay`() {
        #expect(redactor.redacted("bad key \(canary)!") == "bad key [redacted]!")
        #expect(redactor.redacted("Bearer \(canary)") == "Bearer [redacted]")
        #expect(redactor.redacted("\(canary)\(canary), \(canary)") == "[redacted][redacted], [redacted]")
    }

    @Test func `text without a secret is unchanged`() {
        for text in ["", "bad key", "sk-", "Incorrect API key provided.", "naïve 🙂 \r\n\t", "[redacted]", "c2st"] {
            #expect(redactor.redacted(text) == text)
        }
    }

    @Test func `a redactor without secrets changes nothing`() {
        #expect(Redactor(secrets: []).redacted(canary) == canary)
        #expect(Redactor(secrets: ["", "abc"]).redacted("abc and more") == "abc and more")
    }

    @Test func `a key in a URL goes, in capitals and small letters`() throws {
        let unreserved = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
        let encoded = try #require(canary.addingPercentEncoding(withAllowedCharacters: unreserved))
        #expect(encoded == "sk-CANARY%2B%2F%227%20f%3Fx~19Qz")
        let small = encoded.replacingOccurrences(of: "%2B", with: "%2b")
            .replacingOccurrences(of: "%2F", with: "%2f").replacingOccurrences(of: "%3F", with: "%3f")
        for form in [encoded, small] {
            #expect(redactor.redacted("/v1?key=\(form)&x=1") == "/v1?key=[redacted]&x=1")
            let asForm = form.replacingOccurrences(of: "%20", with: "+")
            #expect(redactor.redacted("key=\(asForm)&x=1") == "key=[redacted]&x=1")
        }
    }

    @Test(arguments: ["", "a", "ab", "abc", "user:", "Basic "])
    func `a key within base64 goes at each of its three phases`(before: String) {
        let text = Data("\(before)\(canary)\(before)".utf8).base64EncodedString()
        let redacted = redactor.redacted("Authorization: \(text).")
        #expect(redacted.hasPrefix("Authorization: "))
        #expect(redacted.contains("[redacted]"))
        // What base64 leaves at the borders decodes to less than three bytes of the key at each end.
        for phase in 0..<3 {
            let shifted = Data((String(repeating: "x", count: phase) + canary).utf8).base64EncodedString()
            #expect(!leaks(String(shifted.dropFirst(4).dropLast(4)), in: redacted, piece: 8))
        }
    }

    @Test func `a key within base64 for URLs goes`() {
        let secret = "k~~~???>>>~~~???>>>"  // gives + and / in base64
        for before in ["", "a", "ab"] {
            let text = Data("\(before)\(secret)".utf8).base64EncodedString()
            let url = text.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            #expect(text.contains("+") && text.contains("/"))
            #expect(Redactor(secrets: [secret]).redacted("x=\(text)").contains("[redacted]"))
            #expect(Redactor(secrets: [secret]).redacted("x=\(url)").contains("[redacted]"))
        }
    }

    /// What JSON writers make of the canary: only what must be escaped; the slash too (PHP); what HTML dislikes (Go, .NET).
    @Test(arguments: [
        #"sk-CANARY+/\"7 f?x~19Qz"#, #"sk-CANARY+\/\"7 f?x~19Qz"#, #"sk-CANARY\u002B/\u00227 f?x~19Qz"#,
        #"sk-CANARY\u002b/\u00227 f?x~19Qz"#,
    ])
    func `a key escaped for JSON goes`(escaped: String) throws {
        let decoded = try JSONDecoder().decode([String].self, from: Data("[\"\(escaped)\"]".utf8))
        #expect(decoded == [canary])
        #expect(redactor.redacted("{\"key\":\"\(escaped)\"}") == "{\"key\":\"[redacted]\"}")
    }

    /// In a web page, and in a URL that was encoded twice.
    @Test(arguments: [
        "sk-CANARY&#43;/&quot;7 f?x~19Qz", "sk-CANARY&#x2B;&#x2f;&#34;7 f?x~19Qz",
        "sk-CANARY&#043;/&#x22;7&#32;f?x~19Qz",
        "sk%252DCANARY%252B%252F%25227%2520f%253Fx~19Qz",
    ])
    func `a key written for HTML, or encoded twice, goes`(dressed: String) {
        #expect(redactor.redacted("<p>\(dressed)</p>") == "<p>[redacted]</p>")
    }

    @Test func `a key that was turned round goes`() {
        let turned = String(canary.reversed())
        #expect(redactor.redacted("it was \(turned), you said") == "it was [redacted], you said")
    }

    @Test(arguments: ["&#;", "&;", "&#x;", "&amp", "&#99999999999;", "&"])
    func `what only looks like a character reference is left alone`(text: String) {
        #expect(redactor.redacted("a \(text) b") == "a \(text) b")
    }

    @Test func `the first eight characters are enough to be taken out`() {
        #expect(redactor.redacted("Incorrect API key: sk-CANAR*******Qz.") == "Incorrect API key: [redacted]*******Qz.")
        // Of a short key eight characters would be half: only the whole is looked for.
        #expect(Redactor(secrets: ["abcdefgh1234"]).redacted("abcdefgh") == "abcdefgh")
    }

    @Test(arguments: (8...21).filter { $0 != 14 })  // which ends in a space: that is no part of what is looked for
    func `a key that was cut short leaves nothing behind`(length: Int) {
        let cut = String(decoding: Array(canary.utf8).prefix(length), as: UTF8.self)
        #expect(redactor.redacted("said: \(cut)") == "said: [redacted]")
    }

    @Test func `characters that combine with a key's ends do not hide it`() {
        for text in ["\(canary)\u{301}", "e\(canary)\u{200d}", "\(canary)\u{fe0f}x"] {
            #expect(!leaks(canary, in: redactor.redacted(text)))
        }
    }

    @Test func `of two keys the longer goes whole although the shorter begins it`() {
        let redactor = Redactor(secrets: ["token-1", "token-1-and-more"])
        #expect(redactor.redacted("a token-1-and-more b token-1 c") == "a [redacted] b [redacted] c")
    }

    @Test func `every key in a long text goes`() {
        let line = "some words of a server and then \(canary) and more of them\n"
        let text = String(repeating: line, count: 20)
        let redacted = redactor.redacted(text)
        #expect(redacted == String(repeating: line.replacingOccurrences(of: canary, with: "[redacted]"), count: 20))
    }

    @Test(arguments: 0...13) func `eight characters from anywhere are taken out, in capitals and with anything between`(
        start: Int
    ) {
        let piece = canary.filter { $0 != " " }.dropFirst(start).prefix(8)
        #expect(redactor.redacted("= \(piece)!") == "= [redacted]!" || piece.last?.isLetter == false)
        for text in [piece.uppercased(), piece.lowercased(), piece.map(String.init).joined(separator: "\u{200b}")] {
            #expect(redactor.redacted("a \(text) b").contains("[redacted]"))
        }
    }

    @Test func `words that a short key is part of stay`() {
        #expect(
            Redactor(secrets: ["EMPTY"]).redacted("the answer was empty; NOTEMPTY") == "the answer was empty; NOTEMPTY"
        )
        #expect(Redactor(secrets: ["EMPTY"]).redacted("key \"EMPTY\" refused") == "key \"[redacted]\" refused")
        let words =
            "The server had an error while processing your request. Sorry about that! (request id 00112233445566778899)"
        #expect(Redactor(secrets: ["sk-no-key-required-here-0123"]).redacted(words) == words)
    }

    @Test(arguments: [false, true]) func `a key in hexadecimal is found`(isUpper: Bool) {
        let key = "sk-canary+7f3a/9c2e=b61d"
        let digits = key.utf8.map { byte in
            let text = String(byte, radix: 16, uppercase: isUpper)
            return text.count < 2 ? "0" + text : text
        }.joined()
        let redactor = Redactor(secrets: [key])
        #expect(redactor.redacted("hex \(digits) end") == "hex [redacted] end")
        #expect(redactor.redacted("hex \(digits.prefix(20)) end") == "hex [redacted] end")
        #expect(redactor.redacted("id 00112233445566778899aabbccddeeff") == "id 00112233445566778899aabbccddeeff")
    }
}
