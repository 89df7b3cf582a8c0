import FoundationEssentials

/// What the readers of JSON lines share.
enum JSONLine {
    static func decode<Line: Decodable>(_ type: Line.Type, _ line: String, names: String) throws(TraceFault) -> Line {
        do { return try JSONDecoder().decode(type, from: Data(line.utf8)) } catch DecodingError.typeMismatch(
            _,
            let context
        ),
            DecodingError.valueNotFound(_, let context)
        {
            let key = context.codingPath.first?.stringValue ?? ""
            throw TraceFault(key, read: line, allowed: "a JSON object with \(names)")
        } catch {
            throw TraceFault("", read: line, allowed: "a JSON object with \(names)")
        }
    }

    /// A number of tokens that must be there.
    static func check(_ tokens: Int?, _ key: String) throws(TraceFault) {
        guard let tokens, (0...100_000_000).contains(tokens) else {
            throw TraceFault(key, tokens == nil ? "missing" : "not a number of tokens")
        }
    }
}

/// A value that some write as a number and some as text.
enum JSONScalar: Decodable {
    case number(Double)
    case text(String)
    case flag(Bool)
    case other  // null, a list, an object

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else {
            self = .other
        }
    }

    var isTrue: Bool {
        switch self {
        case .flag(let flag): flag
        case .text(let text): text.lowercased() == "true"
        case .number, .other: false
        }
    }

    /// As it was written, but for numbers; nil where there is nothing: null, an empty text, or nginx's sign for that.
    var words: String? {
        guard case .text(let text) = self, !text.isEmpty, text != "-" else { return nil }
        return text
    }

    /// What names something, as text or as a number.
    var name: String? {
        if case .number(let number) = self { return "\(number)" }
        return words
    }

    var double: Double? {
        switch self {
        case .number(let number): number
        case .text(let text): Double(text)
        case .flag, .other: nil
        }
    }
}
