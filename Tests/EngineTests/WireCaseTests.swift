import Foundation
import Measurement
import Testing
import Wire

@testable import Engine

/// What real servers and gateways sent, and what it must be read as: `WireTests/Fixtures/wire_cases.jsonl`, one case a
/// line. A report from the field becomes one more line there.
///
/// `body` (or `base64`) is answered to a request of `api`, with `status` (200) and a content type of `type` (an event
/// stream's). What a line does not say is none.
struct WireCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Counts: Decodable, Sendable {
        var input: Int64?
        var output: Int64?
        var reasoning: Int64?
        var cached: Int64?
        var total: Int64?
    }

    var name: String
    var api: String
    var status: Int?
    var type: String?
    var body: String?
    var base64: Data?
    var outcome: String
    var detail: String?
    var error: String?  // the server's words, or the excerpt
    var notes: String?  // as the verdict has them
    var sign: String
    var token_events: Int?
    var visible: Int64?  // bytes of text
    var reasoning: Int64?
    var tools: Int64?
    var usage: Counts?

    var testDescription: String { name }
    var bytes: [UInt8] { base64.map { Array($0) } ?? Array((body ?? "").utf8) }

    static let all: [WireCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../WireTests/Fixtures/wire_cases.jsonl")
        do {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            return try lines.map { try JSONDecoder().decode(WireCase.self, from: Data($0.utf8)) }
        } catch { fatalError("\(file): \(error)") }
    }()

    /// What becomes of it, cut into two reads at `cut`.
    func facts(cut: Int, with decoder: ReplyDecoder) -> ReplyFacts {
        let bytes = bytes
        decoder.reset()
        decoder.begin(status: status ?? 200, contentType: type ?? "text/event-stream")
        for part in [bytes[..<cut], bytes[cut...]] where !part.isEmpty { _ = decoder.receive(Array(part).span) }
        _ = decoder.finish()
        return decoder.reply
    }

    func verdict(_ reply: ReplyFacts) -> OutcomeRule.Verdict {
        var evidence = OutcomeRule.Evidence()
        evidence.status = status ?? 200
        evidence.reply = reply
        return OutcomeRule.judge(evidence)
    }
}

@Suite struct WireCaseTests {
    @Test func `the catalogue is there, and no name twice`() {
        #expect(WireCase.all.count >= 100)
        #expect(Set(WireCase.all.map(\.name)).count == WireCase.all.count)
    }

    @Test(arguments: WireCase.all)
    func `what servers send is read as it is meant, however it is cut`(_ row: WireCase) throws {
        let api = try #require(API(rawValue: row.api))
        let decoder = ReplyDecoder(api: api, parser: JSONParser())
        let whole = row.facts(cut: 0, with: decoder)
        let verdict = row.verdict(whole)
        #expect(verdict.outcome.rawValue == row.outcome)
        #expect(verdict.detail == row.detail)
        #expect(verdict.note == row.notes)
        #expect(whole.error?.message ?? whole.excerpt == row.error)
        #expect("\(whole.terminalSign)" == row.sign)
        #expect(whole.tokenEvents == row.token_events ?? 0)
        #expect(whole.visibleBytes == row.visible ?? 0)
        #expect(whole.reasoningBytes == row.reasoning ?? 0)
        #expect(whole.toolBytes == row.tools ?? 0)
        let usage = row.usage
        let counts = Usage(
            input: usage?.input,
            cachedInput: usage?.cached,
            output: usage?.output,
            reasoning: usage?.reasoning,
            total: usage?.total
        )
        #expect(whole.usage == counts)
        for cut in row.bytes.indices {
            let parts = row.facts(cut: cut, with: decoder)
            guard parts != whole else { continue }
            #expect(parts == whole, "cut at \(cut)")
            break
        }
    }
}
