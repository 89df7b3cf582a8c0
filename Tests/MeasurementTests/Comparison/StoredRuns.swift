import Measurement

extension ComparisonResult {
    /// Whole runs, as they are read one after the other.
    init(of runs: [StoredRun], by grouping: ComparisonGrouping, base: String?) throws(ComparisonError) {
        try self.init(of: runs.map { RunDigest($0) }, by: grouping, base: base)
    }
}

extension ProviderMatrix {
    init(of runs: [StoredRun]) { self.init(of: runs.map { RunDigest($0) }) }
}
