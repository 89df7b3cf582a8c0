import Measurement

extension ReportDocument {
    /// How many streams keep a promise; nothing where none was asked about.
    static func find(_ phase: PhaseResult) -> [Block] {
        guard let find = phase.find else { return [] }
        let promise = SafeText.line(find.expression, limit: 60)
        var sentence: String
        let footing = phase.findFooting
        if !footing.isTold {
            sentence =
                "Capacity: no answer on how many streams keep \(promise), because the load generator disturbed the search."
        } else if !find.isComplete {
            sentence = "The search for the most streams that keep \(promise) did not end."
        } else if let answer = find.answer {
            sentence = "Capacity: \(Figure.count(answer)) streams keep \(promise)"
            sentence +=
                find.firstBeyond.map { "; \(Figure.count($0)) do not, or it cannot be told." }
                ?? ", the most that were asked for."
            if footing != .firm { sentence = "\(sentence.dropLast())\(footing.care)." }
        } else {
            sentence = "Capacity: no level keeps \(promise), not even \(Figure.count(find.firstBeyond ?? 1)) at a time."
        }
        let columns: [TextTable.Column] = [
            .init("streams"), .init("kept it"), .init("did not"), .init("", alignment: .left),
        ]
        let rows = find.visits.map { visit in
            let (word, tone): (String, Tone) =
                switch visit.verdict {
                case .pass: ("PASS", .good)
                case .fail: ("FAIL", .bad)
                case .indeterminate: ("INDETERMINATE", .caution)
                }
            return TextTable.Row([
                Span(Figure.count(visit.concurrency), .strong), Span(Figure.count(visit.inside)),
                Span(Figure.count(visit.outside)), Span(word, tone),
            ])
        }
        let explanation =
            "A level passes when its requests prove the promise (MLPerf's early stopping); the search as a whole is right "
            + "95 times in 100. What cannot be told has not passed."
        return [
            .detail(.sentence(sentence, .strong)), .detail(.sentence(explanation, .dim)),
            .table(TextTable(columns: columns, rows: rows)),
        ]
    }
}
