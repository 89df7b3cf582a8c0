import Measurement

extension ReportDocument {
    /// Models by providers, where there are several of either; nothing for a single target.
    static func matrix(_ matrix: ProviderMatrix) -> [Block] {
        guard matrix.isWorthwhile else { return [] }
        let columns: [TextTable.Column] = [
            .init("model", alignment: .left), .init("provider", alignment: .left), .init("answers"), .init("available"),
            .init("TTFT", "p50"), .init("TTFT", "p95 or max"), .init("CV band", alignment: .left, dropRank: 2),
            .init("per useful", "answer", dropRank: 1),
        ]
        var rows: [TextTable.Row] = []
        for model in matrix.models {
            for provider in matrix.providers {
                guard let cell = matrix[model, provider] else { continue }
                rows.append(row(cell, model: model, provider: provider))
            }
        }
        var blocks: [Block] = [.heading("Models and providers"), .table(TextTable(columns: columns, rows: rows))]
        blocks += matrix.flips.map { .sentence(sentence($0), .strong) }
        if matrix.models.count > 1, matrix.providers.count > 1, matrix.flips.isEmpty {
            let text = "No two providers were shown to change places from one model to another: their intervals touch."
            blocks.append(.sentence(text, .dim))
        }
        return blocks
    }

    private static func row(_ cell: ProviderMatrix.Cell, model: String, provider: String) -> TextTable.Row {
        let ttft = cell.stats.ttftMilliseconds
        // Few samples have no p95; their worst is shown.
        let high = (ttft?.count ?? 0) >= 20 ? ttft?.p95 : ttft?.maximum
        let bands = ttft?.cvBands.map(\.rawValue).joined(separator: ", or ") ?? ""
        let cost = cell.stats.cost.map { Figure.dollars($0.dollarsPerUsefulResult) } ?? "unknown"
        return TextTable.Row(
            [
                Span(SafeText.line(model, limit: 40), .strong), Span(SafeText.line(provider, limit: 30)),
                Span(Figure.count(cell.stats.requests.scheduled)),
                Span(Figure.percent(share: cell.stats.availability?.value), cell.unusable ? .bad : .plain),
                Span(Figure.duration(milliseconds: ttft?.p50)), Span(Figure.duration(milliseconds: high)), Span(bands),
                Span(cost),
            ],
            mark: cell.unusable ? "unusable" : nil
        )
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
