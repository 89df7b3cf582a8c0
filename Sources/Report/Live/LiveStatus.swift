import Measurement

/// The status of a run that goes on: a block of at most four lines that is drawn again in place on a terminal, or plain
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
        if let left = snapshot.stepLeftSeconds { parts.append("\(Figure.clock(seconds: max(0, left))) left") }
        return parts.joined(separator: ", ")
    }

    private func elapsed(_ snapshot: LiveSnapshot) -> String {
        "\(Figure.clock(seconds: snapshot.elapsedSeconds)) elapsed"
    }

    private func figures(_ snapshot: LiveSnapshot) -> String {
        [
            "in flight \(Figure.count(snapshot.inFlight))",
            "\(Figure.rate(snapshot.tokensPerSecond)) tokens/s",
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
