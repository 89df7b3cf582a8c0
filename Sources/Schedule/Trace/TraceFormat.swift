/// Spellings of a trace.
public enum TraceFormat: String, Sendable, Hashable, CaseIterable {
    case azure  // Azure LLM inference traces 2023 and 2024: CSV
    case mooncake  // Mooncake (FAST'25): JSON lines with block names, times in ms
    case bailian  // Qwen on Bailian (ATC'25): the same members, times in seconds, shorter blocks
    case burstgpt  // BurstGPT 1, 2 and 3: CSV
    case servegen  // ServeGen: rates of one client by stretches of time, CSV without a header
    case nginx  // an access log: JSON lines, or ingress-nginx's
    case litellm  // what LiteLLM logs of each request: JSON lines
    case jsonl  // our own: JSON lines
    case spate  // a recorded run of ours

    /// Tokens of a prompt's named blocks, where the trace does not say.
    public var blockTokens: Int { self == .bailian ? 16 : 512 }

    /// From the first line of a file: by the names of its columns or members. nil = none that is known.
    public init?(recognising line: String) {
        if line.hasPrefix("SQLite format 3") {
            self = .spate
        } else if line.hasPrefix("{") {
            if line.contains("\"at_ms\"") {
                self = .jsonl
            } else if line.contains("\"input_length\"") {
                // Only their names tell the two apart: both have `timestamp`, in different units.
                self =
                    ["chat_id", "parent_chat_id", "turn"].contains { line.contains("\"\($0)\"") } ? .bailian : .mooncake
            } else if line.contains("\"startTime\""), line.contains("\"prompt_tokens\"") {
                self = .litellm
            } else if Self.isOfNginx(line) {
                self = .nginx
            } else {
                return nil
            }
        } else if Self.isOfNginx(line) {
            self = .nginx
        } else {
            let names = line.split(separator: ",", omittingEmptySubsequences: false).map(TraceTable.plain)
            if names.contains("contexttokens") {
                self = .azure
            } else if names.contains("request tokens") {
                self = .burstgpt
            } else if names.count == 6, names.prefix(3).allSatisfy({ Double($0) != nil }) {
                self = .servegen
            } else {
                return nil
            }
        }
    }

    /// A reader for the lines of a file in this format; nil for the one that has no lines.
    /// - Parameter seed: of what chance must fill in (ServeGen has rates, not requests).
    public func reader(blockTokens: Int, seed: UInt64) -> (any TraceReader)? {
        switch self {
        case .azure: TraceTable(AzureRow.self)
        case .burstgpt: TraceTable(BurstGPTRow.self)
        case .mooncake: MooncakeReader(blockTokens: blockTokens, nanosecondsPerUnit: 1e6)
        case .bailian: MooncakeReader(blockTokens: blockTokens, nanosecondsPerUnit: 1e9)
        case .nginx: NginxReader()
        case .litellm: LiteLLMReader()
        case .jsonl: JSONLinesReader(blockTokens: blockTokens)
        case .servegen: ServeGenReader(seed: seed)
        case .spate: nil
        }
    }
}

/// Reads a trace line by line.
public protocol TraceReader {
    /// - Parameter line: without its end, and without the carriage return that some files have.
    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault)
    /// After the last line.
    mutating func finish(_ trace: inout Trace) throws(TraceFault)
}

extension TraceReader {
    public mutating func finish(_ trace: inout Trace) throws(TraceFault) {}
}

/// What is wrong with a line.
public struct TraceFault: Error, Hashable {
    public var key: String  // the column or member; "" = the line as a whole
    public var message: String
    /// Nothing after this line can be read.
    public var isFatal = false

    init(_ key: String, read: some StringProtocol, allowed: String) {
        let text = read.count > 60 ? read.prefix(57) + "..." : Substring(read)
        self.key = key
        message = "read \"\(text)\"; allowed: \(allowed)"
    }

    init(_ key: String, _ message: String, isFatal: Bool = false) {
        self.key = key
        self.message = message
        self.isFatal = isFatal
    }
}
