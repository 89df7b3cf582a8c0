public import Measurement

/// A result for a terminal: the verdict first when it is not `valid`, then a table per phase.
public enum TerminalReport {
    /// `files` are the paths to show at the end. Ends with a line feed.
    /// What was found stands first, and again last: a long report has scrolled its beginning away.
    public static func render(
        _ result: RunResult,
        style: TerminalStyle = .init(),
        files: [String] = [],
        isFull: Bool = false
    ) -> String {
        render(ReportDocument(result, files: files, isFull: isFull, repeatsFindings: true), style: style)
    }

    /// `spate compare`.
    public static func render(
        _ comparison: ComparisonResult,
        regressions: [RegressionResult],
        matrix: ProviderMatrix = ProviderMatrix(),
        style: TerminalStyle = .init()
    ) -> String {
        render(ReportDocument(comparison, regressions: regressions, matrix: matrix), style: style)
    }

    static func render(_ document: ReportDocument, style: TerminalStyle) -> String {
        var lines: [String] = []
        for (index, block) in document.blocks.enumerated() {
            if index > 0, needsGap(document.blocks[index - 1], block) { lines.append("") }
            lines += TerminalLines(style: style).lines(block)
        }
        // Lines are broken: the spaces that kept numbers and units together have done their work.
        return lines.map { $0.replacing("\u{A0}", with: " ") + "\n" }.joined()
    }

    private static func needsGap(_ previous: Block, _ next: Block) -> Bool {
        switch (previous, next) {
        case (_, .heading), (.banner, .paragraph), (.banner, .table), (_, .bars), (.bars, .paragraph): true
        case (.table, .findings), (.list, .findings): true
        default: false
        }
    }
}

/// Sets one block in lines of a terminal.
struct TerminalLines {
    let style: TerminalStyle
    /// No line is made shorter than this, whatever the width.
    var least = 20

    func lines(_ block: Block) -> [String] {
        switch block {
        case .banner(let word, let tone, let text): banner(word, tone, text)
        case .findings(let findings): findings.flatMap { wrapped([$0], indent: 1, hanging: 3) }
        case .detail(let block): lines(block)
        case .heading(let text): [style.painted(style.shown(text), .strong)]
        case .paragraph(let spans): wrapped(spans, indent: 1, hanging: 1)
        case .list(let items): items.flatMap { wrapped([Span("- " + $0)], indent: 1, hanging: 3) }
        case .table(let table): TerminalTable(table, style: style).lines
        case .bars(let chart): TerminalBars(chart, style: style).lines
        case .courses(let chart): TerminalCourses(chart, style: style).lines
        }
    }

    private func banner(_ word: String, _ tone: Tone, _ text: String) -> [String] {
        let badge = style.badge(word, tone)
        let width = word.count + (style.colour ? 2 : 0)
        let body = wrapped([Span(text, tone)], indent: 0, hanging: 0, width: style.width - width - 2)
        return body.enumerated().map { index, line in
            (index == 0 ? badge : String(repeating: " ", count: width)) + "  " + line
        }
    }

    /// Words between plain spaces; a % stays with its number.
    private static func words(_ text: String) -> [String] {
        text.split(separator: " ").reduce(into: []) { words, word in
            if word.first == "%", !words.isEmpty {
                words[words.count - 1] += " " + word
            } else {
                words.append(String(word))
            }
        }
    }

    /// Breaks between words; one longer than the line is cut into pieces.
    func wrapped(_ spans: [Span], indent: Int, hanging: Int, width: Int? = nil) -> [String] {
        let limit = max(least, width ?? style.width)
        var lines: [String] = []
        var line = String(repeating: " ", count: indent)
        var used = indent
        var isEmpty = true

        func breakLine() {
            lines.append(line)
            line = String(repeating: " ", count: hanging)
            used = hanging
            isEmpty = true
        }
        for span in spans {
            for word in Self.words(style.shown(span.text)) {
                var rest = word[...]
                let size = DisplayWidth.of(word)
                if !isEmpty, used + 1 + size > limit { breakLine() }
                if !isEmpty {
                    line += " "
                    used += 1
                }
                while used + DisplayWidth.of(String(rest)) > limit {
                    let piece = DisplayWidth.prefix(String(rest), width: limit - used)
                    guard !piece.isEmpty else { break }
                    line += style.painted(String(piece), span.tone)
                    rest = rest.dropFirst(piece.count)
                    breakLine()
                }
                line += style.painted(String(rest), span.tone)
                used += DisplayWidth.of(String(rest))
                isEmpty = false
            }
        }
        if !isEmpty { lines.append(line) }
        return lines
    }
}
