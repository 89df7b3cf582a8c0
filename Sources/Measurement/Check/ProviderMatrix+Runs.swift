extension ProviderMatrix {
    /// Of stored runs. Where several runs measured the same model at the same provider, each is a row of its own: their
    /// percentiles cannot be added up. Empty where all of them measured one pair.
    public init(of runs: [RunDigest]) {
        let all = runs.flatMap { run in
            ProviderMatrix(of: run.targets).cells.map { (run: run.name, cell: $0) }
        }
        let pairs = Dictionary(grouping: all) { [$0.cell.provider, $0.cell.model] }
        guard pairs.count > 1 else {
            self.init()
            return
        }
        self.init(
            cells: all.map { run, cell in
                var cell = cell
                if (pairs[[cell.provider, cell.model]]?.count ?? 0) > 1 { cell.provider += ", \(run)" }
                return cell
            }
        )
    }
}
