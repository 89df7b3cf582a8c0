/// What a piece of text means to the reader; a renderer decides how it looks.
enum Tone: Sendable, Hashable { case plain, strong, dim, good, caution, bad }

struct Span: Sendable, Hashable {
    var text: String
    var tone: Tone

    init(_ text: String, _ tone: Tone = .plain) {
        self.text = text
        self.tone = tone
    }
}

/// A part of a report, top to bottom.
enum Block: Sendable, Hashable {
    /// One word that must be seen, and why.
    case banner(word: String, tone: Tone, text: String)
    case heading(String)
    case paragraph([Span])
    case list([String])
    case table(TextTable)
    case bars(BarChart)
    /// The same in one line, a mark a row.
    case courses(BarChart)
    /// What the run found, a line each.
    case findings([Span])
    /// What only the full report has: explanations, second figures, all that is behind a conclusion.
    indirect case detail(Block)

    /// The same where all is wanted.
    var shown: Block {
        if case .detail(let inner) = self { return inner }
        return self
    }

    /// The same where few lines are wanted: a chart has one, an explanation none.
    var inShort: Block? {
        switch self {
        case .detail(.bars(let chart)): .courses(chart)
        case .detail: nil
        default: self
        }
    }

    static func sentence(_ text: String, _ tone: Tone = .plain) -> Block { .paragraph([Span(text, tone)]) }
}

/// Rows of cells under headers of one or two lines.
struct TextTable: Sendable, Hashable {
    enum Alignment: Sendable, Hashable { case left, right }

    struct Column: Sendable, Hashable {
        var header: [String]  // lines
        var alignment: Alignment
        /// Where the table is too wide, the column with the highest rank goes first; 0 never goes.
        var dropRank: Int
        /// Takes what is left of the line; longer text goes on in the next.
        var flexible: Bool

        init(_ header: [String], alignment: Alignment, dropRank: Int, flexible: Bool) {
            self.header = header
            self.alignment = alignment
            self.dropRank = dropRank
            self.flexible = flexible
        }

        var title: String { header.joined(separator: " ") }
    }

    struct Row: Sendable, Hashable {
        var cells: [Span]  // as many as columns
        var mark: String?  // after the last cell; its first character alone where there is no room for more
        /// The load generator itself disturbed what it shows.
        var isDisturbed: Bool

        init(_ cells: [Span], mark: String? = nil, isDisturbed: Bool = false) {
            self.cells = cells
            self.mark = mark
            self.isDisturbed = isDisturbed
        }
    }

    var columns: [Column]
    var rows: [Row]
}

/// Horizontal bars: for each row one bar in each series, each series on a scale of its own from 0.
struct BarChart: Sendable, Hashable {
    struct Series: Sendable, Hashable {
        enum Unit: Sendable, Hashable { case rate, milliseconds }

        var title: String
        var unit = Unit.rate

        func shown(_ value: Double?) -> String {
            switch unit {
            case .rate: Figure.rate(value)
            case .milliseconds: Figure.duration(milliseconds: value)
            }
        }
    }

    struct Row: Sendable, Hashable {
        var label: String
        var values: [Double?]  // one per series
        var mark: String?
    }

    var labelTitle: String
    var series: [Series]
    var rows: [Row]
}
