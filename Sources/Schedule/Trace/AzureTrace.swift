import Ticks

/// Azure's LLM inference traces (Azure/AzurePublicDataset): `TIMESTAMP,ContextTokens,GeneratedTokens`.
///
/// 2023 has `2023-11-16 18:17:03.9799600` (seven digits, no zone, lines end with CR LF, the last line with nothing); 2024
/// has `2024-05-10 00:00:00.009930+00:00`, whole seconds without a fraction.
enum AzureRow: TraceTableRow {
    static let columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]

    static func read(_ fields: [Substring], into trace: inout Trace) throws(TraceFault) {
        guard let time = instant(fields[0]) else {
            throw TraceFault(columns[0], read: fields[0], allowed: "a time such as 2023-11-16 18:17:03.9799600")
        }
        let input = try TraceTable.tokens(fields[1], columns[1])
        let output = try TraceTable.tokens(fields[2], columns[2])
        if input == 0 {
            trace.drop(.noPrompt)
        } else if output == 0 {
            trace.drop(.noAnswer)
        } else {
            trace.add(Trace.Row(offset: time, inputTokens: input, outputTokens: output))
        }
    }

    /// Nanoseconds since 1970 of `YYYY-MM-DD HH:MM:SS[.fraction][+HH:MM|Z]`; no zone is UTC.
    static func instant(_ text: Substring) -> Int64? {
        var scanner = Digits(text)
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2), scanner.take(" ") || scanner.take("T"), let hour = scanner.number(2),
            scanner.take(":"), let minute = scanner.number(2), scanner.take(":"), let second = scanner.number(2),
            (1970...2200).contains(year), (1...12).contains(month),
            (1...CivilDay.count(inMonth: month, of: year)).contains(day),
            hour < 24, minute < 60, second < 61
        else { return nil }
        var nanoseconds: Int64 = 0
        if scanner.take(".") {
            guard let fraction = scanner.fraction() else { return nil }
            nanoseconds = fraction
        }
        var zone: Int64 = 0
        if !scanner.take("Z"), !scanner.isAtEnd {
            let sign: Int64 = scanner.take("-") ? -1 : 1
            guard sign < 0 || scanner.take("+"), let hours = scanner.number(2), scanner.take(":"),
                let minutes = scanner.number(2)
            else { return nil }
            zone = sign * (hours * 3600 + minutes * 60)
        }
        guard scanner.isAtEnd else { return nil }
        let seconds = CivilDay.number(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone
        return seconds * 1_000_000_000 + nanoseconds
    }

    private struct Digits {
        private var rest: Substring.UTF8View.SubSequence

        init(_ text: Substring) {
            rest = text.utf8[...]
            while rest.last == UInt8(ascii: " ") { rest.removeLast() }
        }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(_ character: Character) -> Bool {
            guard let byte = rest.first, byte == character.asciiValue else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ width: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<width {
                guard let byte = rest.first, (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
                rest.removeFirst()
            }
            return value
        }

        /// As nanoseconds; digits beyond the ninth are dropped.
        mutating func fraction() -> Int64? {
            var (value, unit): (Int64, Int64) = (0, 100_000_000)
            var count = 0
            while let byte = rest.first, (48...57).contains(byte) {
                value += Int64(byte - 48) * unit
                unit /= 10
                count += 1
                rest.removeFirst()
            }
            return count > 0 ? value : nil
        }
    }
}
