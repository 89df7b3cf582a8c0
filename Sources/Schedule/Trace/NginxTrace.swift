/// An access log of nginx: JSON lines whose members are called as nginx's variables, or the combined format with
/// `$request_length $request_time` behind it, as ingress-nginx writes it.
///
/// nginx logs a request when its answer has ended, so it came `request_time` before that. Times of whole seconds (all but
/// `msec`) are spread evenly over their second. A prompt's tokens are taken to be a quarter of the request's bytes, its head
/// included, where the log does not tell them (`input_tokens`).
struct NginxReader: TraceReader {
    /// Those that ended in one second of a log that tells no less.
    private var second: [NginxEntry] = []

    mutating func read(_ line: String, into trace: inout Trace) throws(TraceFault) {
        let isJSON = line.drop(while: \.isWhitespace).first == "{"
        let entry = try isJSON ? NginxEntry(json: line) : NginxEntry(combined: line)
        guard entry.isOfWholeSecond else { return take(entry, into: &trace) }
        if let last = second.last, last.ended != entry.ended { spread(into: &trace) }
        second.append(entry)
    }

    mutating func finish(_ trace: inout Trace) throws(TraceFault) { spread(into: &trace) }

    private mutating func spread(into trace: inout Trace) {
        let width = 1_000_000_000 / Int64(max(1, second.count))
        for (place, var entry) in second.enumerated() {
            entry.ended += width / 2 + Int64(place) * width
            take(entry, into: &trace)
        }
        second.removeAll(keepingCapacity: true)
    }

    private func take(_ entry: NginxEntry, into trace: inout Trace) {
        guard entry.method == "POST", !Self.others.contains(where: { entry.path.contains($0) }) else {
            return trace.drop(.other)
        }
        // 499: its client left before the end; the server had the work all the same.
        guard (200...299).contains(entry.status) || entry.status == 499 else { return trace.drop(.failed) }
        let input = entry.inputTokens ?? entry.bytes.map { max(1, $0 / 4) }
        if input == 0 { return trace.drop(.noPrompt) }
        if entry.outputTokens == 0 { return trace.drop(.noAnswer) }
        let session = trace.session(named: entry.session)
        let began = entry.ended - entry.took
        trace.add(Trace.Row(offset: began, inputTokens: input, outputTokens: entry.outputTokens, session: session))
    }

    /// Of paths that generate no text.
    private static let others = [
        "/embed", "/moderations", "/audio/", "/images/", "/files", "/batches", "/rerank", "/score", "/tokenize",
    ]
}

/// A line's facts, whichever form they have.
private struct NginxEntry {
    var ended: Int64  // nanoseconds since 1970
    var isOfWholeSecond: Bool
    var took: Int64  // nanoseconds
    var bytes: Int?  // of the request
    var method: Substring
    var path: Substring
    var status: Int
    var inputTokens: Int?
    var outputTokens: Int?
    var session: String?

    private static let names =
        "msec (or time_iso8601, time_local), request_time, request (or request_method and uri), status"

    fileprivate struct Line: Decodable {
        var msec, time_iso8601, time_local: JSONScalar?
        var request_time, request_length, status: JSONScalar?
        var request, request_method, request_uri, uri: JSONScalar?
        var input_tokens, output_tokens, session: JSONScalar?
    }

}

// MARK: JSON

extension NginxEntry {
    init(json line: String) throws(TraceFault) {
        let row = try JSONLine.decode(Line.self, line, names: Self.names)
        let (ended, isOfWholeSecond) = try Self.time(row)
        guard let took = Self.duration(row.request_time?.double) else {
            throw TraceFault("request_time", row.request_time == nil ? "missing" : "not a number of seconds, 0 or more")
        }
        let words = (row.request?.words ?? "").split(separator: " ")
        guard let method = row.request_method?.words.map({ $0[...] }) ?? words.first else {
            throw TraceFault("request", "missing, and so is request_method")
        }
        guard let status = Self.whole(row.status) else {
            throw TraceFault("status", row.status == nil ? "missing" : "not a status of HTTP")
        }
        self.init(
            ended: ended,
            isOfWholeSecond: isOfWholeSecond,
            took: took,
            bytes: Self.whole(row.request_length),
            method: method,
            path: (row.request_uri?.words ?? row.uri?.words).map { $0[...] } ?? words.dropFirst().first ?? "",
            status: status,
            // What a gateway behind it may have told in headers; empty where it did not.
            inputTokens: Self.whole(row.input_tokens),
            outputTokens: Self.whole(row.output_tokens),
            session: row.session?.name
        )
    }

    /// The end of the answer, and whether it is that of a whole second.
    private static func time(_ row: Line) throws(TraceFault) -> (Int64, Bool) {
        if let value = row.msec {
            guard let seconds = value.double, (0...9e9).contains(seconds) else {
                throw TraceFault("msec", "not a number of seconds since 1970")
            }
            return (Int64((seconds * 1e3).rounded()) * 1_000_000, false)
        }
        if let value = row.time_iso8601 {
            guard let time = value.words.flatMap({ AzureRow.instant($0[...]) }) else {
                throw TraceFault("time_iso8601", "not a time such as 2026-11-16T18:17:03+00:00")
            }
            return (time, true)
        }
        guard let value = row.time_local else {
            throw TraceFault("msec", "missing, and so are time_iso8601 and time_local")
        }
        guard let time = value.words.flatMap({ localTime($0[...]) }) else {
            throw TraceFault("time_local", "not a time such as 16/Nov/2026:18:17:03 +0000")
        }
        return (time, true)
    }

    private static func duration(_ seconds: Double?) -> Int64? {
        guard let seconds, (0...1e6).contains(seconds) else { return nil }
        return Int64((seconds * 1e9).rounded())
    }

    private static func whole(_ value: JSONScalar?) -> Int? {
        value?.double.flatMap(Int.init(exactly:)).flatMap { (0...400_000_000).contains($0) ? $0 : nil }
    }
}

// MARK: The combined format

extension NginxEntry {
    /// `192.0.2.1 - - [16/Nov/2026:18:17:03 +0000] "POST /v1/chat/completions HTTP/1.1" 200 5124 "-" "curl/8" 2210 1.204 ...`
    init(combined line: String) throws(TraceFault) {
        guard let (time, rest) = Self.beginning(line[...]) else {
            throw TraceFault("", read: line, allowed: "nginx's combined format, or a JSON object with \(Self.names)")
        }
        let fields = Self.fields(rest)
        guard fields.count >= 7, let length = Int(fields[5]), let took = Self.duration(Double(fields[6]))
        else {
            let allowed =
                "$request_length $request_time behind the combined format, or JSON lines with \(Self.names); nginx logs a request "
                + "when its answer has ended, and only these tell when it came"
            throw TraceFault("request_time", "missing; allowed: \(allowed)", isFatal: true)
        }
        guard let status = Int(fields[1]) else {
            throw TraceFault("status", read: fields[1], allowed: "a status of HTTP")
        }
        let words = fields[0].split(separator: " ")
        self.init(
            ended: time,
            isOfWholeSecond: true,
            took: took,
            bytes: min(max(0, length), 400_000_000),
            method: words.first ?? "",
            path: words.dropFirst().first ?? "",
            status: status
        )
    }

    static func isCombined(_ line: Substring) -> Bool { beginning(line) != nil }

    /// The time in brackets, and what follows it.
    private static func beginning(_ line: Substring) -> (Int64, Substring)? {
        var rest = line
        while let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]") {
            let behind = rest[rest.index(after: close)...]
            if let time = localTime(rest[rest.index(after: open)..<close]), behind.hasPrefix(" \"") {
                return (time, behind)
            }
            rest = rest[rest.index(after: open)...]
        }
        return nil
    }

    /// Parts between spaces; one in quotes is one part (nginx writes a quote within as \x22).
    private static func fields(_ line: Substring) -> [Substring] {
        var fields: [Substring] = []
        var rest = line.drop { $0 == " " }
        while let first = rest.first {
            if first == "\"" {
                let inner = rest.dropFirst()
                let end = inner.firstIndex(of: "\"") ?? inner.endIndex
                fields.append(inner[..<end])
                rest = inner[end...].dropFirst()
            } else {
                let end = rest.firstIndex(of: " ") ?? rest.endIndex
                fields.append(rest[..<end])
                rest = rest[end...]
            }
            rest = rest.drop { $0 == " " }
        }
        return fields
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Nanoseconds since 1970 of `16/Nov/2026:18:17:03 +0000`.
    private static func localTime(_ text: Substring) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 2, parts[1].utf8.count == 5 else { return nil }
        let words = parts[0].split(separator: ":", maxSplits: 1)
        let date = words.first?.split(separator: "/") ?? []
        guard words.count == 2, date.count == 3, let month = months.firstIndex(of: String(date[1])) else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        let zone = parts[1]
        return AzureRow.instant("\(date[2])-\(number)-\(date[0]) \(words[1])\(zone.prefix(3)):\(zone.suffix(2))")
    }
}

extension TraceFormat {
    static func isOfNginx(_ line: String) -> Bool {
        line.hasPrefix("{") ? line.contains("\"request_time\"") : NginxEntry.isCombined(line[...])
    }
}
