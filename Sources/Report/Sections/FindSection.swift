import Measurement

/// The search for a level that keeps a promise, as the report says it.
enum FindSection {
    /// How many streams keep a promise; nothing where none was asked about.
    static func blocks(_ phase: PhaseResult) -> [Block] {
        guard let find = phase.find else { return [] }
        let promise = SafeText.line(find.expression, limit: 60)
        var sentence: String
        let footing = phase.findFooting
        if !footing.isTold {
            sentence =
                "Capacity: no answer on how many streams keep \(promise), because the load generator disturbed the search."
        } else {
            sentence = (find.answer == nil ? "" : "Capacity: ") + SafeText.line(find.sentence, limit: 200)
            if footing != .firm { sentence = "\(sentence.dropLast())\(footing.care)." }
        }
        let columns: [TableColumn<CapacitySearch.Visit>] = [
            TableColumn("streams", tone: .strong) { Figure.count($0.concurrency) },
            TableColumn("kept it") { Figure.count($0.inside) }, TableColumn("did not") { Figure.count($0.outside) },
            TableColumn("", alignment: .left) { visit in
                switch visit.verdict {
                case .pass: Span("PASS", .good)
                case .fail: Span("FAIL", .bad)
                case .indeterminate: Span("INDETERMINATE", .caution)
                }
            },
        ]
        let explanation =
            "A level passes when its requests prove the promise (MLPerf's early stopping); the search as a whole is right "
            + "95 times in 100. What cannot be told has not passed."
        return [
            .detail(.sentence(sentence, .strong)), .detail(.sentence(explanation, .dim)),
            .table(TextTable(columns, find.visits)),
        ]
    }
}
