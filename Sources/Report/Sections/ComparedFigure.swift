import Measurement

/// How a figure of a comparison is called, shown and explained.
struct ComparedFigure {
    var title: String
    var meaning: String
    private let dimension: FigureDimension

    init(_ figure: String) {
        let row = ComparisonResult.figure(figure)
        title = SafeText.line(row?.title ?? figure, limit: 30)
        meaning = row?.meaning ?? ""
        dimension = row?.dimension ?? .plain
    }

    func text(_ value: Double?) -> String { Figure.text(value, dimension) }
}
