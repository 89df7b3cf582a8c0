/// Finds the word that was probably meant.
public enum Spelling {
    /// The candidate with the least edit distance, if that is at most a third of the longer word's length, and at least
    /// one; nil when none is near.
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (distance($0.lowercased(), word.lowercased()), $0) }
        guard let (distance, best) = ranked.min(by: { $0.0 < $1.0 }) else { return nil }
        return distance <= max(1, max(word.count, best.count) / 3) ? best : nil
    }

    /// `; did you mean X?`, or nothing.
    static func hint(_ word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { "; did you mean \($0)?" } ?? ""
    }

    /// Insertions, deletions, substitutions and swaps of neighbours between two words: the optimal string alignment
    /// distance (Damerau, CACM 7, 1964).
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
