/// A server's `/metrics`: Prometheus' text format 0.0.4, or OpenMetrics 1.0.
///
/// What a server sends is hostile: lines, labels and series are bounded, a malformed line is counted and left out, and no
/// text stops the reading. Values are what the text has, NaN and infinities too; who uses them decides.
public struct MetricsText: Sendable, Hashable {
    /// One series' value: `name{label="value"} 1`.
    public struct Sample: Sendable, Hashable {
        public struct Label: Sendable, Hashable {
            public var name: String
            public var value: String
        }

        public var name: String
        public var labels: [Label] = []  // in their order
        public var value: Double

        /// Of the first label of this name.
        public subscript(label: String) -> String? { labels.first { $0.name == label }?.value }
    }

    public static let mostSamples = 20_000
    public static let mostNames = 10_000
    public static let mostLabels = 64
    public static let longestLine = 64 * 1024  // bytes

    /// Those that were wanted.
    public private(set) var samples: [Sample] = []
    /// Of all series, wanted or not.
    public private(set) var names: Set<String> = []
    /// Lines that are neither a sample nor a comment, and those that are too long.
    public private(set) var malformed = 0
    /// There were more wanted samples, or more names, than are kept.
    public private(set) var isCut = false

    /// - Parameter wants: whether samples of a name are kept.
    public init(_ bytes: [UInt8], wants: (String) -> Bool) {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            defer { start = end + 1 }
            var line = bytes[start..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard line.count <= Self.longestLine else {
                malformed += 1
                continue
            }
            var reader = MetricsLine(line)
            reader.skipSpaces()
            guard let first = reader.peek else { continue }
            if first == UInt8(ascii: "#") {
                if line.elementsEqual("# EOF".utf8) { return }
                continue
            }
            read(&reader, wants)
        }
    }

    private mutating func read(_ reader: inout MetricsLine, _ wants: (String) -> Bool) {
        guard let head = reader.head() else {
            malformed += 1
            return
        }
        if !names.contains(head) {
            if names.count < Self.mostNames { names.insert(head) } else { isCut = true }
        }
        guard wants(head) else { return }
        guard let labels = reader.labels(), let value = reader.value() else {
            malformed += 1
            return
        }
        guard samples.count < Self.mostSamples else {
            isCut = true
            return
        }
        samples.append(Sample(name: head, labels: labels, value: value))
    }
}

/// One line of the text, from its name to its value; what follows the value (a time, an exemplar) is not read.
private struct MetricsLine {
    private let bytes: ArraySlice<UInt8>
    private var place: Int
    /// A brace was read before the name: `{"a.name", label="value"} 1`, as Prometheus 3 writes names with other letters.
    private var isInBraces = false

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    var peek: UInt8? { place < bytes.endIndex ? bytes[place] : nil }

    mutating func skipSpaces() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { place += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        place += 1
        return true
    }

    /// The metric's name.
    mutating func head() -> String? {
        guard take(UInt8(ascii: "{")) else { return word(withColon: true) }
        isInBraces = true
        skipSpaces()
        guard let name = quoted(), !name.isEmpty else { return nil }
        skipSpaces()
        _ = take(UInt8(ascii: ","))
        return name
    }

    /// Those of `{...}`; none where there is no brace; nil where they are malformed or too many.
    mutating func labels() -> [MetricsText.Sample.Label]? {
        if !isInBraces {
            skipSpaces()
            guard take(UInt8(ascii: "{")) else { return [] }
        }
        var labels: [MetricsText.Sample.Label] = []
        while true {
            skipSpaces()
            if take(UInt8(ascii: "}")) { return labels }
            let name = peek == UInt8(ascii: "\"") ? quoted() : word(withColon: false)
            guard let name else { return nil }
            skipSpaces()
            guard take(UInt8(ascii: "=")) else { return nil }
            skipSpaces()
            guard let value = quoted(), labels.count < MetricsText.mostLabels else { return nil }
            labels.append(.init(name: name, value: value))
            skipSpaces()
            guard take(UInt8(ascii: ",")) || peek == UInt8(ascii: "}") else { return nil }
        }
    }

    mutating func value() -> Double? {
        skipSpaces()
        let start = place
        while let byte = peek, byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { place += 1 }
        guard place > start, place - start <= 64 else { return nil }
        return Double(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private mutating func word(withColon: Bool) -> String? {
        let start = place
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): break
            case UInt8(ascii: "0")...UInt8(ascii: "9") where place > start: break
            case UInt8(ascii: ":") where withColon: break
            default: return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
            }
            place += 1
        }
        return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
    }

    /// With `\\`, `\"` and `\n` undone; another character behind a backslash stays as it is, and so does the backslash.
    private mutating func quoted() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var text: [UInt8] = []
        while let byte = peek {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = peek else { return nil }
                place += 1
                switch escaped {
                case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): text.append(escaped)
                default: text += [byte, escaped]
                }
            default: text.append(byte)
            }
        }
        return nil
    }
}
