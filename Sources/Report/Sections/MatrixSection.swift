import Measurement

/// Models and providers, as the report says them.
enum MatrixSection {
    /// Models by providers, where there are several of either; nothing for a single target.
    static func blocks(_ matrix: ProviderMatrix) -> [Block] {
        guard matrix.isWorthwhile else { return [] }
        let cells = matrix.models.flatMap { model in
            matrix.providers.compactMap { provider in
                matrix[model, provider].map { Entry(model: model, provider: provider, cell: $0) }
            }
        }
        let table = TextTable(columns, cells, mark: { $0.cell.unusable ? "unusable" : nil })
        var blocks: [Block] = [.heading("Models and providers"), .table(table)]
        blocks += matrix.flips.map { .sentence(sentence($0), .strong) }
        if matrix.models.count > 1, matrix.providers.count > 1, matrix.flips.isEmpty {
            let text = "No two providers were shown to change places from one model to another: their intervals touch."
            blocks.append(.sentence(text, .dim))
        }
        return blocks
    }

    private struct Entry {
        var model: String
        var provider: String
        var cell: ProviderMatrix.Cell

        var ttft: DistributionSummary? { cell.stats.ttftMilliseconds }
    }

    private static var columns: [TableColumn<Entry>] {
        [
            TableColumn("model", alignment: .left, tone: .strong) { SafeText.line($0.model, limit: 40) },
            TableColumn("provider", alignment: .left) { SafeText.line($0.provider, limit: 30) },
            TableColumn("answers") { Figure.count($0.cell.stats.requests.scheduled) },
            TableColumn("available") {
                Span(Figure.percent(share: $0.cell.stats.availability?.value), $0.cell.unusable ? .bad : .plain)
            },
            TableColumn("TTFT", "p50") { Figure.duration(milliseconds: $0.ttft?.p50) },
            // Few samples have no p95; their worst is shown.
            TableColumn("TTFT", "p95 or max") {
                Figure.duration(milliseconds: ($0.ttft?.count ?? 0) >= 20 ? $0.ttft?.p95 : $0.ttft?.maximum)
            },
            TableColumn("CV band", alignment: .left, dropRank: 2) {
                $0.ttft?.cvBands.map(\.rawValue).joined(separator: ", or ") ?? ""
            },
            TableColumn("per useful", "answer", dropRank: 1) {
                $0.cell.stats.cost.map { Figure.dollars($0.dollarsPerUsefulResult) } ?? "unknown"
            },
        ]
    }

    private static func sentence(_ flip: ProviderMatrix.Flip) -> String {
        let show: (Double) -> String = {
            flip.metric == "ttft" ? Figure.duration(milliseconds: $0) : Figure.dollars($0)
        }
        let what = flip.metric == "ttft" ? "answers sooner" : "costs less per useful answer"
        let (first, second) = (SafeText.line(flip.providers[0]), SafeText.line(flip.providers[1]))
        let one =
            "at \(SafeText.line(flip.models[0])) \(first) \(what) (\(show(flip.values[0][0])) against \(show(flip.values[0][1])))"
        let other =
            "at \(SafeText.line(flip.models[1])) \(second) does (\(show(flip.values[1][1])) against \(show(flip.values[1][0])))"
        return "The ranking flips from model to model: \(one), \(other); the intervals do not touch."
    }
}
