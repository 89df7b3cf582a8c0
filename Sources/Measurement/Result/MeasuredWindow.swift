/// A stretch of run time from one bin border to another: [start, end), nanoseconds since t0.
struct MeasuredWindow: Sendable, Hashable {
    let start: Int64
    let end: Int64

    /// The whole bins inside [from, to]; nil when there is none.
    init?(from: Int64?, to: Int64?, binWidth: Int64) {
        guard let from, let to, binWidth > 0, from >= 0, to > from else { return nil }
        let (whole, rest) = from.quotientAndRemainder(dividingBy: binWidth)
        let (start, overflow) = (rest == 0 ? whole : whole + 1).multipliedReportingOverflow(by: binWidth)
        let end = to / binWidth * binWidth
        guard !overflow, end > start else { return nil }
        self.start = start
        self.end = end
    }

    /// [from, to) as it is.
    init?(exactlyFrom from: Int64?, to: Int64?) {
        guard let from, let to, to > from, !to.subtractingReportingOverflow(from).overflow else { return nil }
        start = from
        end = to
    }

    /// What is left of it, in order, without some stretches of time.
    func without(_ gaps: [MeasuredWindow]) -> [MeasuredWindow] {
        gaps.reduce([self]) { parts, gap in
            parts.flatMap { part in
                [
                    MeasuredWindow(exactlyFrom: part.start, to: Swift.min(part.end, gap.start)),
                    MeasuredWindow(exactlyFrom: Swift.max(part.start, gap.end), to: part.end),
                ].compactMap(\.self)
            }
        }
    }

    var nanoseconds: Int64 { end - start }
    var seconds: Double { Double(nanoseconds) / 1e9 }

    func contains(_ instant: Int64?) -> Bool {
        guard let instant else { return false }
        return start <= instant && instant < end
    }

    /// How much of [from, to) lies inside, nanoseconds.
    func overlap(from: Int64, to: Int64) -> Int64 { Swift.max(0, clamp(to) - clamp(from)) }

    private func clamp(_ instant: Int64) -> Int64 { Swift.min(end, Swift.max(start, instant)) }

    /// The bins of this width that lie wholly inside.
    func bins(ofWidth width: Int64) -> Range<Int64>? {
        guard let aligned = MeasuredWindow(from: Swift.max(0, start), to: end, binWidth: width) else { return nil }
        return aligned.start / width..<aligned.end / width
    }
}
