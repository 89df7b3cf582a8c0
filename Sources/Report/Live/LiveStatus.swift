import Measurement

/// The status of a run that goes on: rows of the steps that are over and events stay, and below them a block of at most
/// six lines is drawn again in place on a terminal; elsewhere there are plain lines.
///
/// On a terminal, write what `frame` gives each time (ten times a second is plenty) and what `clear` gives before anything
/// else is written. Elsewhere write `plainLine` every ten seconds or so.
public struct LiveStatus: Sendable {
    public var style: TerminalStyle
    private var drawn: [Int] = []  // columns of each line on the screen
    private var hasHeader = false

    public init(style: TerminalStyle) { self.style = style }

    /// The cursor goes back to the block's first line, each line is written and cleared to its end, and what is left of
    /// a longer block before is cleared too (ECMA-48: CUU, CR, EL, ED). The cursor is left below the block.
    public mutating func frame(_ snapshot: LiveSnapshot) -> String {
        let lines = lines(snapshot)
        let before = rowsOnScreen
        var text = before > 0 ? "\u{1b}[\(before)A\r" : "\r"
        for line in lines { text += line.text + "\u{1b}[K\n" }
        if before > lines.count { text += "\u{1b}[J" }
        drawn = lines.map(\.width)
        return text
    }

    /// A terminal that was made narrower has wrapped what stood there: each line takes more rows than one.
    private var rowsOnScreen: Int {
        drawn.reduce(0) { $0 + max(1, ($1 + max(1, style.width) - 1) / max(1, style.width)) }
    }

    /// Takes the block off the screen.
    public mutating func clear() -> String {
        guard !drawn.isEmpty else { return "" }
        defer { drawn = [] }
        return "\u{1b}[\(rowsOnScreen)A\r\u{1b}[J"
    }

    /// A step that is over, as a row that stays, under a header where it is the first.
    public mutating func row(_ row: LiveRow) -> String {
        defer { hasHeader = true }
        let header = hasHeader ? "" : cut([Span(LiveColumns.header(width: style.width), .dim)]).text + "\n"
        return clear() + header + cut([Span(LiveColumns.text(row, width: style.width))]).text + "\n"
    }

    /// Another phase has other rows: its first gets the header again.
    public mutating func beginPhase() { hasHeader = false }

    /// An event that stays, in as many lines as it takes.
    public mutating func event(_ event: LiveEvent) -> String {
        let lines = TerminalLines(style: style).wrapped(
            [Span(text(of: event), event.isTheirs ? .bad : .caution)],
            indent: 1,
            hanging: 3
        )
        return clear() + lines.map { $0 + "\n" }.joined()
    }

    /// The same without escape sequences, for a log.
    public mutating func plainRow(_ row: LiveRow) -> String {
        defer { hasHeader = true }
        let lines = (hasHeader ? [] : [LiveColumns.header(width: 100)]) + [LiveColumns.text(row, width: 100)]
        return lines.map { style.shown($0).replacing("\u{A0}", with: " ") }.joined(separator: "\n")
    }

    public func plainEvent(_ event: LiveEvent) -> String {
        style.shown(text(of: event)).replacing("\u{A0}", with: " ")
    }

    /// One line without escape sequences, for a log.
    public func plainLine(_ snapshot: LiveSnapshot) -> String {
        let run = snapshot.runProgress.map { words("run", $0) }
        let line = [
            snapshot.simulated ? "SIMULATED" : "", place(snapshot), timing(snapshot), run ?? "", now(snapshot),
            troubles(snapshot), snapshot.search ?? "",
            notice(snapshot) ?? "",
        ].filter { !$0.isEmpty }.joined(separator: " · ")
        return style.shown(Figure.clock(seconds: snapshot.elapsedSeconds) + "  " + line).replacing("\u{A0}", with: " ")
    }

    // MARK: Lines

    private func lines(_ snapshot: LiveSnapshot) -> [(text: String, width: Int)] {
        // Where the first line is too short for it, the word that must be seen stands before the lamp.
        let first = [Span(place(snapshot), .strong), Span(timing(snapshot))]
        let word = snapshot.simulated ? [Span("SIMULATED", .caution)] : []
        let fits = (word + first).reduce(1) { $0 + DisplayWidth.of($1.text) + 2 } < style.width
        var lines = [
            (fits ? word : []) + first,
            progress(snapshot),
            [Span(now(snapshot))],
        ]
        if let curves = curves(snapshot) { lines.append([Span(curves, .dim)]) }
        lines.append((fits ? [] : word) + lamp(snapshot))
        if let notice = notice(snapshot) {
            lines.append([Span(notice, .caution)])
        } else if let search = snapshot.search {
            lines.append([Span(SafeText.line(search), .dim)])
        }
        return lines.filter { !$0.isEmpty }.map(cut)
    }

    private func place(_ snapshot: LiveSnapshot) -> String {
        var parts: [String] = []
        if !snapshot.target.isEmpty { parts.append(SafeText.line(snapshot.target, limit: 30)) }
        var phase = SafeText.line(snapshot.phase, limit: 30)
        if snapshot.phaseCount > 1 { phase += " \(snapshot.phaseIndex + 1)/\(snapshot.phaseCount)" }
        parts.append(phase)
        var step = SafeText.line(snapshot.step, limit: 30)
        if let job = snapshot.job { step = "\(Figure.count(job.done)) of \(Figure.count(job.of))" }
        if snapshot.stepCount > 1 { step += " (\(snapshot.stepIndex + 1)/\(snapshot.stepCount))" }
        if !step.isEmpty { parts.append(step) }
        return parts.joined(separator: " · ")
    }

    /// What it does and how long that takes; what it waits for once the time is over.
    private func timing(_ snapshot: LiveSnapshot) -> String {
        var parts: [String] = []
        switch snapshot.activity {
        case .running: break
        case .settling: parts.append("settling")
        case .draining where snapshot.waitingFor == nil: parts.append("draining")
        case .draining: break
        case .waiting: parts.append("nothing is sent")
        }
        if let waiting = snapshot.waitingFor {
            parts.append("waits for \(SafeText.line(waiting, limit: 60))")
        }
        if let left = snapshot.stepLeftSeconds, left >= 0.5 {
            parts.append("\(Figure.clock(seconds: left)) left")
        }
        return parts.joined(separator: ", ")
    }

    /// A part that is not over has no 100 %, and no time left that rounds to nothing.
    private func words(_ name: String, _ progress: LiveSnapshot.Progress) -> String {
        let left = progress.leftSeconds >= 0.5 ? ", \(Figure.clock(seconds: progress.leftSeconds)) left" : ""
        return "\(name) \(Figure.wholePercent(share: min(0.99, progress.share)))\(left)"
    }

    /// A bar of the phase, then phase and run in numbers.
    private func progress(_ snapshot: LiveSnapshot) -> [Span] {
        let shown = snapshot.phaseProgress ?? snapshot.runProgress
        guard let shown else { return [Span("\(Figure.clock(seconds: snapshot.elapsedSeconds)) elapsed", .dim)] }
        var parts: [String] = []
        if let phase = snapshot.phaseProgress, snapshot.phaseCount > 1 || snapshot.runProgress == nil {
            parts.append(words("phase", phase))
        }
        if let run = snapshot.runProgress { parts.append(words("run", run)) }
        let numbers = parts.joined(separator: " · ")
        let width = max(6, min(30, style.width - DisplayWidth.of(numbers) - 5))
        let full = Int((max(0, min(1, shown.share)) * Double(width)).rounded(.down))
        let (done, rest) = style.unicode ? ("█", "░") : ("#", ".")
        let bar = String(repeating: done, count: full) + String(repeating: rest, count: width - full)
        return [Span(bar, .good), Span(numbers)]
    }

    /// The last five seconds.
    private func now(_ snapshot: LiveSnapshot) -> String {
        [
            "\(Figure.count(snapshot.inFlight)) in flight",
            "\(snapshot.tokensPerSecond.map { Figure.rate($0) } ?? Figure.unknown) tok/s",
            "TTFT \(Figure.duration(milliseconds: snapshot.ttftP50Milliseconds)) "
                + "p95 \(Figure.duration(milliseconds: snapshot.ttftP95Milliseconds))",
            "\(Figure.count(snapshot.ended)) ended",
        ].joined(separator: ", ")
    }

    /// Tokens per second and TTFT over the last minute, side by side, the highest second of each as its top.
    private func curves(_ snapshot: LiveSnapshot) -> String? {
        let width = max(6, min(40, (style.width - 40) / 2))
        let tokens = Sparkline.drawn(snapshot.recentTokensPerSecond, width: width, unicode: style.unicode)
        let ttft = Sparkline.drawn(snapshot.recentTTFT, width: width, unicode: style.unicode)
        let parts = [
            tokens.map { "tok/s \($0.line) max \(Figure.rate($0.top))" },
            ttft.map { "TTFT \($0.line) max \(Figure.duration(milliseconds: $0.top))" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "  ")
    }

    /// The load generator's own state, and outcomes that are no success.
    private func lamp(_ snapshot: LiveSnapshot) -> [Span] {
        var spans: [Span] = []
        if let client = snapshot.client {
            let dot = style.unicode ? "●" : "*"
            let cpu = client.cpuPercent.map { ", \(Figure.wholePercent($0)) CPU" } ?? ""
            let isFull = (client.cpuPercent ?? 0) > 85
            let tone: Tone =
                client.heldUpShare > 0.05 || isFull ? .bad : client.heldUpShare > 0.01 ? .caution : .good
            let state =
                client.heldUpShare > 0.01
                ? "client short of CPU: \(Figure.wholePercent(share: client.heldUpShare)) of the last 5 s"
                : isFull ? "client at its limit\(cpu)" : "client fine\(cpu)"
            let stops =
                client.stops > 0
                ? ", stopped \(client.stops == 1 ? "once" : "\(Figure.count(client.stops)) times")" : ""
            spans = [Span(dot, tone), Span(state + stops, tone == .good ? .dim : tone)]
        }
        let troubles = troubles(snapshot)
        if !troubles.isEmpty { spans.insert(Span(troubles, .bad), at: 0) }
        return spans
    }

    /// Outcomes that are no success, most frequent first.
    private func troubles(_ snapshot: LiveSnapshot) -> String {
        let bad = Outcome.allCases.compactMap { outcome -> (Outcome, Int)? in
            guard outcome.class != .success, let count = snapshot.outcomes[outcome], count > 0 else { return nil }
            return (outcome, count)
        }
        guard !bad.isEmpty else { return "" }
        // Stable for equal counts: the contract's order.
        let sorted = bad.enumerated().sorted { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) }.map(\.element)
        let list = sorted.map { "\(Figure.count($0.1)) \($0.0.rawValue)" }.joined(separator: ", ")
        return "not ok: \(list)"
    }

    private func notice(_ snapshot: LiveSnapshot) -> String? {
        if let notice = snapshot.notice { return SafeText.line(notice) }
        guard let quiet = snapshot.silenceSeconds else { return nil }
        let streams = snapshot.inFlight == 1 ? "the open stream" : "any of \(Figure.count(snapshot.inFlight)) streams"
        return "No token has come for \(Figure.duration(seconds: quiet)) on \(streams)."
    }

    private func text(of event: LiveEvent) -> String {
        "\(Figure.clock(seconds: event.atSeconds))  \(SafeText.line(event.text, limit: 400))"
    }

    /// One line that never wraps, since a wrapped line would break the way back up.
    private func cut(_ spans: [Span]) -> (text: String, width: Int) {
        let limit = max(10, style.width - 1)
        var line = " "
        var used = 1
        for span in spans where !span.text.isEmpty {
            if used > 1 {
                guard used + 2 < limit else { break }
                line += "  "
                used += 2
            }
            let text = style.shown(span.text).replacing("\u{A0}", with: " ")
            let piece = Self.whole(String(DisplayWidth.prefix(text, width: max(0, limit - used))), of: text)
            line += style.painted(piece, span.tone)
            used += DisplayWidth.of(piece)
        }
        return (line, used)
    }

    /// What is cut ends with a whole part, else with a whole word.
    private static func whole(_ piece: String, of text: String) -> String {
        guard piece != text else { return piece }
        let ends = piece.indices.reversed()
        let part = ends.first { piece[$0...].hasPrefix(", ") }
        let word = text.dropFirst(piece.count).first == " " ? piece.endIndex : ends.first { piece[$0] == " " }
        return (part ?? word).map { String(piece[..<$0]) } ?? piece
    }
}
