/// A figure on which sides are compared, as a reader is told of it.
public struct ComparedFigureRow: Sendable {
    public let title: String
    public let dimension: FigureDimension
    public let meaning: String
    let better: CatalogueFigure.Direction
    let words: (better: String, worse: String)

    init(
        _ title: String,
        _ dimension: FigureDimension,
        _ better: CatalogueFigure.Direction,
        _ meaning: String,
        _ words: (String, String)
    ) {
        (self.title, self.dimension, self.meaning, self.better) = (title, dimension, meaning, better)
        self.words = words
    }

    /// A figure of the catalogue, or a statistic of it: its dimension and its better direction are those of the catalogue.
    init(
        _ figure: CatalogueFigure,
        at statistic: String? = nil,
        _ title: String,
        _ meaning: String,
        _ words: (String, String)
    ) {
        self.init(title, figure.dimension(of: statistic), figure.better ?? .less, meaning, words)
    }
}
