/// A JSON document in the order of its keys.
enum JSONValue {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member {
        var key: String
        var value: JSONValue

        init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// RFC 8259 text, two spaces a level; arrays of plain values on one line. Ends without a line feed.
    var text: String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    /// The same without white space, and safe within a `<script>` of an HTML page: nothing in it can end the element or
    /// open a comment in it (HTML, "Restrictions for contents of script elements").
    var embedded: String {
        var output = ""
        writeTight(to: &output)
        return output
    }

    private func writeTight(to output: inout String) {
        switch self {
        case .null, .bool, .integer, .unsigned, .number: write(to: &output, indent: 0)
        case .string(let value): Self.quoteForScript(value, to: &output)
        case .array(let values):
            output += "["
            for (index, value) in values.enumerated() {
                if index > 0 { output += "," }
                value.writeTight(to: &output)
            }
            output += "]"
        case .object(let members):
            output += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { output += "," }
                Self.quoteForScript(member.key, to: &output)
                output += ":"
                member.value.writeTight(to: &output)
            }
            output += "}"
        }
    }

    private static func quoteForScript(_ text: String, to output: inout String) {
        var quoted = ""
        quote(text, to: &quoted)
        for byte in quoted.unicodeScalars {
            switch byte {
            case "<": output += "\\u003c"
            case ">": output += "\\u003e"
            case "&": output += "\\u0026"
            default: output.unicodeScalars.append(byte)
            }
        }
    }

    private func write(to output: inout String, indent: Int) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .unsigned(let value): output += String(value)
        case .number(let value): output += Self.digits(value)
        case .string(let value): Self.quote(value, to: &output)
        case .array(let values) where values.allSatisfy(\.isPlain):
            output += "["
            for (index, value) in values.enumerated() {
                if index > 0 { output += ", " }
                value.write(to: &output, indent: indent)
            }
            output += "]"
        case .array(let values):
            Self.write(values, between: "[", "]", to: &output, indent: indent) { value, output in
                value.write(to: &output, indent: indent + 1)
            }
        case .object(let members):
            Self.write(members, between: "{", "}", to: &output, indent: indent) { member, output in
                Self.quote(member.key, to: &output)
                output += ": "
                member.value.write(to: &output, indent: indent + 1)
            }
        }
    }

    private var isPlain: Bool {
        switch self {
        case .array, .object: false
        case .null, .bool, .integer, .unsigned, .number, .string: true
        }
    }

    private static func write<Element>(
        _ elements: [Element],
        between open: String,
        _ close: String,
        to output: inout String,
        indent: Int,
        element: (Element, inout String) -> Void
    ) {
        output += open
        for (index, each) in elements.enumerated() {
            output += index > 0 ? ",\n" : "\n"
            output += String(repeating: "  ", count: indent + 1)
            element(each, &output)
        }
        if !elements.isEmpty { output += "\n" + String(repeating: "  ", count: indent) }
        output += close
    }

    /// The shortest digits that read back as the same double; whole numbers without a fraction; what is no number: null.
    private static func digits(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(), abs(value) < 0x1p53 { return String(Int64(value)) }
        return value.description
    }

    /// Also escapes what is legal in JSON but not safe to print: DEL, C1, bidi marks, separators.
    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where SafeText.isHarmful(scalar):
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

// MARK: - Values of fields

extension JSONValue {
    init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
    init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
    init(_ value: UInt64) { self = .unsigned(value) }
    init(_ value: Double?) { self = value.map { .number($0) } ?? .null }
    init(_ value: Bool) { self = .bool(value) }
    init(_ value: Bool?) { self = value.map { .bool($0) } ?? .null }
    init(_ value: String?) { self = value.map { .string($0) } ?? .null }
    init(_ values: [String]) { self = .array(values.map { .string($0) }) }
}
