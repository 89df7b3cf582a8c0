import FoundationEssentials
import Measurement
import Ticks

/// The simulated provider's journal, as far as a run can be compared with it.
enum TruthFile {
    private struct Line: Decodable {
        var id: String?
        var outcome: String?
        var first_token: Int64?
        var last_token: Int64?
        var tokens_sent: Int?
    }

    /// Answers given in full, by the sequence of the request in the run.
    static func read(_ path: String, runID: String, t0: Instant) -> [Int64: TruthEntry] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [:] }
        let decoder = JSONDecoder()
        var entries: [Int64: TruthEntry] = [:]
        for text in data.split(separator: UInt8(ascii: "\n")) {
            guard let line = try? decoder.decode(Line.self, from: Data(text)), line.outcome == "completed",
                let id = line.id, id.hasPrefix(runID + "-"), let sequence = Int64(id.dropFirst(runID.count + 1)),
                let first = line.first_token, let last = line.last_token, let tokens = line.tokens_sent
            else { continue }
            entries[sequence] = TruthEntry(
                firstToken: first - t0.nanoseconds,
                lastToken: last - t0.nanoseconds,
                tokens: tokens
            )
        }
        return entries
    }
}
