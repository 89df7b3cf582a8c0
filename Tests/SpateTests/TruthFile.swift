import Foundation

/// The simulated provider's journal: what it really did.
struct TruthFile {
    struct Request {
        var received: Int64  // CLOCK_MONOTONIC, ns
        var firstToken: Int64?
        var promptTokens: Int
        var tokens: Int
        var cold: Bool?
        var outcome: String
    }

    let requests: [String: Request]  // by the id that the generator sent
    let processID: pid_t
    let isClosed: Bool  // the last line is there: it ended in good order

    init(_ path: String) throws {
        var requests: [String: Request] = [:]
        var processID: pid_t = 0
        var isClosed = false
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            guard let entry = try? JSON(String(line)) else { continue }  // cut off by a kill
            if let pid = entry["pid"].int { processID = pid_t(pid) }
            if entry["end"].bool == true { isClosed = true }
            guard let id = entry["id"].text, let received = entry["received"].int else { continue }
            requests[id] = Request(
                received: Int64(received),
                firstToken: entry["first_token"].int.map(Int64.init),
                promptTokens: entry["prompt_tokens"].int ?? 0,
                tokens: entry["tokens_sent"].int ?? 0,
                cold: entry["cold"].bool,
                outcome: entry["outcome"].text ?? ""
            )
        }
        self.requests = requests
        self.processID = processID
        self.isClosed = isClosed
    }
}

/// `spate report --csv`: a row a request, by column name.
struct RequestSheet {
    let rows: [[String: String]]

    init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let names = (lines.first ?? []).map(String.init)
        rows = lines.dropFirst().map { line in
            Dictionary(zip(names, line.map(String.init))) { first, _ in first }.filter { !$0.value.isEmpty }
        }
    }
}
