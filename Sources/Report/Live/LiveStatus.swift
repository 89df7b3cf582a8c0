import Measurement

/// The status of a run that goes on: rows of the steps that are over, and below them a block of at most six lines that is drawn again in place on a terminal, or plain
/// lines anywhere else.
///
/// On a terminal, write what `frame` gives each time (four times a second is plenty) and what `clear` gives before
/// anything else is written. Elsewhere write `plainLine` every ten seconds or so.
public struct LiveStatus: Sendable {
    public let style: TerminalStyle
    private var drawn = 0  // lines on the screen

    public init(style: TerminalStyle) { self.style = style }

    /// The cursor goes back to the block's first line, each line is written and cleared to its end, and what is left of
    /// a longer block before is cleared too (ECMA-48: CUU, CR, EL, ED). The cursor is left below the block.
    public mutating func frame(_ snapshot: LiveSnapshot) -> String {
        let lines = lines(snapshot)
        var text = drawn > 0 ? "\u{1b}[\(drawn)A\r" : "\r"
        for line in lines { text += line + "\u{1b}[K\n" }
        if drawn > lines.count { text += "\u{1b}[J" }
        drawn = lines.count
        return text
    }

    /// Takes the block off the screen.
    public mutating func clear() -> String {
        guard drawn > 0 else { return "" }
        defer { drawn = 0 }
        return "\u{1b}[\(drawn)A\r\u{1b}[J"
    }

    /// A step that is over, as a row that stays; the block is drawn anew below it.
    public mutating func row(_ row: LiveRow) -> String { clear() + cut([Span(text(of: row))]) + "\n" }

    /// The same without escape sequences, for a log.
    public func plainRow(_ row: LiveRow) -> String { text(of: row).replacing("\u{A0}", with: " ") }

    /// One line without escape sequences, for a log.
    public func plainLine(_ snapshot: LiveSnapshot) -> String {
        let line = [place(snapshot), timing(snapshot), figures(snapshot), troubles(snapshot), notice(snapshot)]
            .filter { !$0.isEmpty }.joined(separator: " · ")
        return style.shown(Figure.clock(seconds: snapshot.elapsedSeconds) + "  " + line).replacing("\u{A0}", with: " ")
    }

    // MARK: Lines

    private func lines(_ snapshot: LiveSnapshot) -> [String] {
        var lines = [
            cut([Span(place(snapshot), .strong), Span(timing(snapshot)), Span(elapsed(snapshot), .dim)]),
            cut([Span(figures(snapshot))]),
        ]
        if let bar = bar(snapshot) { lines.insert(cut([Span(bar)]), at: 1) }
        if let curve = curve(snapshot) { lines.append(cut([Span(curve, .dim)])) }
        let troubles = troubles(snapshot)
        if !troubles.isEmpty { lines.append(cut([Span(troubles, .bad)])) }
        let notice = notice(snapshot)
        if !notice.isEmpty { lines.append(cut([Span(notice, .caution)])) }
        return lines
    }

    private func place(_ snapshot: LiveSnapshot) -> String {
        var parts: [String] = []
        if snapshot.simulated { parts.append("SIMULATED") }
        if !snapshot.target.isEmpty { parts.append(SafeText.line(snapshot.target, limit: 30)) }
        var phase = SafeText.line(snapshot.phase, limit: 30)
        if snapshot.phaseCount > 1 { phase += " \(snapshot.phaseIndex + 1)/\(snapshot.phaseCount)" }
        parts.append(phase)
        var step = SafeText.line(snapshot.step, limit: 30)
        if snapshot.stepCount > 1 { step += " (\(snapshot.stepIndex + 1)/\(snapshot.stepCount))" }
        if !step.isEmpty { parts.append(step) }
        return parts.joined(separator: " · ")
    }

    private func timing(_ snapshot: LiveSnapshot) -> String {
        var parts: [String] = []
        switch snapshot.activity {
        case .running: break
        case .settling: parts.append("settling")
        case .draining: parts.append("draining")
        case .waiting: parts.append("waiting, nothing is sent")
        }
        if let left = snapshot.stepLeftSeconds {
            // Its time is over, and so it is not until its requests have ended.
            parts.append(left > 0 ? "\(Figure.clock(seconds: left)) left" : "last requests")
        }
        return parts.joined(separator: ", ")
    }

    /// How much of the step is done, where its end is known.
    private func bar(_ snapshot: LiveSnapshot) -> String? {
        guard let left = snapshot.stepLeftSeconds, snapshot.stepElapsedSeconds > 0 else { return nil }
        let whole = snapshot.stepElapsedSeconds + max(0, left)
        guard whole > 0 else { return nil }
        let share = min(1, snapshot.stepElapsedSeconds / whole)
        let width = max(10, min(40, style.width - 30))
        let full = Int((share * Double(width)).rounded())
        let (done, rest) = style.unicode ? ("█", "░") : ("#", ".")
        let drawn = String(repeating: done, count: full) + String(repeating: rest, count: width - full)
        return "\(drawn) \(Figure.wholePercent(share: share)) of this step"
    }

    /// Tokens per second over the last minute, the highest second as the top.
    private func curve(_ snapshot: LiveSnapshot) -> String? {
        let values = snapshot.recentTokensPerSecond.suffix(max(10, min(60, style.width - 24)))
        guard values.count > 1, let top = values.max(), top > 0 else { return nil }
        let marks = Array(style.unicode ? "▁▂▃▄▅▆▇█" : "_.,-=+*#")
        let drawn = values.map { marks[min(marks.count - 1, Int($0 / top * Double(marks.count - 1) + 0.5))] }
        return "\(String(drawn)) tok/s, top \(Figure.rate(top))"
    }

    private func text(of row: LiveRow) -> String {
        let name = SafeText.line(row.step, limit: 24)
        let parts = [
            name + String(repeating: " ", count: max(0, 16 - DisplayWidth.of(name))),
            row.tokensPerSecond.map { "~\(Figure.rate($0)) tok/s" } ?? "no token",
            row.ttftP50Milliseconds.map {
                let p95 = style.width < 70 ? "" : " (p95 \(Figure.duration(milliseconds: row.ttftP95Milliseconds)))"
                return "TTFT \(Figure.duration(milliseconds: $0))\(p95)"
            } ?? "",
            "\(Figure.count(row.ended)) ended" + (row.unsuccessful > 0 ? ", \(Figure.count(row.unsuccessful)) not ok" : ""),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private func elapsed(_ snapshot: LiveSnapshot) -> String {
        "\(Figure.clock(seconds: snapshot.elapsedSeconds)) elapsed"
    }

    private func figures(_ snapshot: LiveSnapshot) -> String {
        [
            "in flight \(Figure.count(snapshot.inFlight))",
            "\(snapshot.tokensPerSecond.map { Figure.rate($0) } ?? Figure.unknown) tokens/s",
            "TTFT p50 \(Figure.duration(milliseconds: snapshot.ttftP50Milliseconds)) "
                + "p95 \(Figure.duration(milliseconds: snapshot.ttftP95Milliseconds))",
            "\(Figure.count(snapshot.ended)) ended",
        ].joined(separator: ", ")
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

    private func notice(_ snapshot: LiveSnapshot) -> String {
        if let notice = snapshot.notice { return SafeText.line(notice) }
        guard let quiet = snapshot.silenceSeconds else { return "" }
        let streams = snapshot.inFlight == 1 ? "the open stream" : "any of \(Figure.count(snapshot.inFlight)) streams"
        return "No token has come for \(Figure.duration(seconds: quiet)) on \(streams)."
    }

    /// One line that never wraps, since a wrapped line would break the way back up.
    private func cut(_ spans: [Span]) -> String {
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
            let piece = String(DisplayWidth.prefix(text, width: max(0, limit - used)))
            line += style.painted(piece, span.tone)
            used += DisplayWidth.of(piece)
        }
        return line
    }
}
