/// A kind of row in a CSV file with a header; its fields are found by the names of their columns, wherever they stand.
protocol TraceTableRow {
    static var columns: [String] { get }  // that it needs, as the format spells them
    static var others: [String] { get }  // that it reads where they are there
    /// - Parameter fields: in the order of `columns`, then of `others`; of a column that is not there an empty one.
    static func read(_ fields: [Substring], into trace: inout Trace) throws(TraceFault)
}

extension TraceTableRow {
    static var others: [String] { [] }
}

/// Reads a CSV file by its header (RFC 4180, a record a line).
struct TraceTable: TraceReader {
    private let row: any TraceTableRow.Type
    private var positions: [Int?]?  // of its columns; nil = it is not there
    private var width = 0

    init(_ row: any TraceTableRow.Type) { self.row = row }

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let fields = try Self.fields(of: line)
        guard let positions else {
            try readHeader(fields)
            return
        }
        guard fields.count >= width else {
            throw TraceFault("", "read \(fields.count) fields; the header has \(width)")
        }
        try row.read(positions.map { $0.flatMap { $0 < fields.count ? fields[$0] : nil } ?? "" }, into: &trace)
    }

    mutating func finish(_ trace: inout Trace) throws(TraceFault) {
        if positions == nil { throw TraceFault("", "the file has no header", isFatal: true) }
    }

    private mutating func readHeader(_ fields: [Substring]) throws(TraceFault) {
        let names = fields.map(Self.plain)
        var found: [Int?] = []
        for column in row.columns {
            guard let position = names.firstIndex(of: Self.plain(Substring(column))) else {
                let message =
                    "the header has no such column; read \(fields.map(String.init).joined(separator: ", "))"
                throw TraceFault(column, message, isFatal: true)
            }
            found.append(position)
        }
        width = (found.compactMap(\.self).max() ?? 0) + 1
        positions = found + row.others.map { names.firstIndex(of: Self.plain(Substring($0))) }
    }

    /// A column's name as it is compared: no byte order mark, no space around, no case.
    static func plain(_ name: Substring) -> String {
        String(
            name.drop { $0 == "\u{feff}" || $0 == " " || $0 == "\"" }.reversed().drop { " \"\r".contains($0) }
                .reversed()
        )
        .lowercased()
    }

    /// The fields of a record; quotes may be around them, doubled inside.
    static func fields(of line: String) throws(TraceFault) -> [Substring] {
        guard line.utf8.contains(UInt8(ascii: "\"")) else {
            return line.split(separator: ",", omittingEmptySubsequences: false)
        }
        var fields: [Substring] = []
        var field = ""
        var isQuoted = false
        var previous: Character?
        for character in line {
            switch character {
            case "\"":
                if isQuoted || previous != "\"" {
                    isQuoted.toggle()
                } else {
                    field.append("\"")
                    isQuoted = true
                }
            case "," where !isQuoted:
                fields.append(Substring(field))
                field = ""
            default: field.append(character)
            }
            previous = character
        }
        if isQuoted { throw TraceFault("", "a quote is opened and not closed") }
        return fields + [Substring(field)]
    }

    /// A number of tokens.
    static func tokens(_ text: Substring, _ column: String) throws(TraceFault) -> Int {
        guard let value = Int(text.drop { $0 == " " }), (0...100_000_000).contains(value) else {
            throw TraceFault(column, read: text, allowed: "a whole number of tokens")
        }
        return value
    }

    /// Seconds as nanoseconds.
    static func seconds(_ text: Substring, _ column: String) throws(TraceFault) -> Int64 {
        guard let value = Double(text.drop { $0 == " " }), (0...9e9).contains(value) else {
            throw TraceFault(column, read: text, allowed: "a number of seconds, 0 or more")
        }
        return Int64((value * 1e9).rounded())
    }
}
