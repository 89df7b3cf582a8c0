/// The course of a figure in one line of text: a mark a value, as high as it is against the greatest.
struct Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")
    private static let ascii = Array("_.,-=+*#")

    /// Where nothing was, a gap; empty where there is no value above 0. The last `width` values are shown.
    static func drawn(_ values: [Double?], width: Int, unicode: Bool) -> (line: String, top: Double)? {
        let shown = values.suffix(max(1, width))
        guard shown.count > 1, let top = shown.compactMap(\.self).max(), top > 0 else { return nil }
        let marks = unicode ? blocks : ascii
        let line = shown.map { value -> Character in
            guard let value else { return " " }
            return marks[min(marks.count - 1, max(0, Int(value / top * Double(marks.count - 1) + 0.5)))]
        }
        return (String(line), top)
    }
}
