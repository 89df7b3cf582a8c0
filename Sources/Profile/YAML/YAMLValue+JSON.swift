extension YAMLValue {
    /// As compact JSON, members in the order written: plain `true`, `false`, numbers and nothing keep their type, all
    /// else is text. nil for a number that JSON cannot hold.
    var json: String? {
        switch content {
        case .null: return "null"
        case .scalar(let text, true): return JSONText.quoted(text)
        case .scalar(let text, false):
            if text == "true" || text == "false" { return text }
            if let whole = Int(text) { return String(whole) }
            guard let number = Double(text) else { return JSONText.quoted(text) }
            return number.isFinite ? "\(number)" : nil
        case .list(let values):
            let items = values.map(\.json)
            guard !items.contains(nil) else { return nil }
            return "[" + items.compactMap(\.self).joined(separator: ",") + "]"
        case .map(let entries):
            let members = entries.map { entry in entry.value.json.map { JSONText.quoted(entry.key) + ":" + $0 } }
            guard !members.contains(nil) else { return nil }
            return "{" + members.compactMap(\.self).joined(separator: ",") + "}"
        }
    }
}

/// Text as JSON, which double-quoted YAML reads the same way.
enum JSONText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                if needsEscape(scalar.value) {
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }

    /// C0, DEL, C1, the line separators, the byte order mark and what is no character: YAML folds or refuses them.
    private static func needsEscape(_ value: UInt32) -> Bool {
        value < 0x20 || (0x7f...0x9f).contains(value) || (0x2028...0x2029).contains(value) || value == 0xfeff
            || (0xfffe...0xffff).contains(value)
    }
}
