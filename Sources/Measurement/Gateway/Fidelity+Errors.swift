/// Whether an error that the direct target shows looks the same through a gateway: its status, what it means, its words.
extension Fidelity {
    var errors: GatewayResult.Finding {
        let looks = [QuestionRecord.Purpose.wrongModel, .brokenBody].compactMap(look)
        let (lost, gained) = (kinds(from: direct, to: through), kinds(from: through, to: direct))
        var seen = looks.map(\.seen)
        seen += lost.map { kind in
            let (count, other) = (direct.failures[kind] ?? 0, through.failures[kind] ?? 0)
            return "\(kind): \(count) of \(direct.tried) direct, \(other) of \(through.tried) through it"
        }
        if !lost.isEmpty {
            seen += gained.map { "\($0): \(through.failures[$0] ?? 0) of \(through.tried) through it" }
        }
        let deeds = lost.map { kind in
            gained.isEmpty ? "\(kind) does not come through" : "\(kind) becomes \(gained.joined(separator: ", "))"
        }
        let all = (looks.compactMap(\.deed) + deeds).uniqued
        if !all.isEmpty {
            let deed = "changes errors (\(all.joined(separator: "; ")))"
            return .init(.errors, .changed, seen.joined(separator: "; "), deed: deed)
        }
        let alike = direct.failures.keys.filter { through.failures[$0] != nil }.sorted().map { kind in
            "\(kind): \(direct.failures[kind] ?? 0) of \(direct.tried) direct, \(through.failures[kind] ?? 0) of "
                + "\(through.tried) through it"
        }
        seen += alike
        guard !seen.isEmpty else { return .init(.errors, .notKnown, "the direct target showed none") }
        return .init(.errors, .passedOn, seen.joined(separator: "; "))
    }

    /// Kinds of failure that one side has more often than chance makes it.
    private func kinds(from one: ShownEvidence, to other: ShownEvidence) -> [String] {
        one.failures.keys.sorted().filter { kind in
            FisherExact.probability(
                one.failures[kind] ?? 0,
                of: one.tried,
                against: other.failures[kind] ?? 0,
                of: other.tried
            ) < Self.chance
        }
    }

    /// One request that was to be refused, on both sides; nil where one was not asked.
    private func look(_ purpose: QuestionRecord.Purpose) -> (seen: String, deed: String?)? {
        let (own, passed) = (
            direct.refusals.filter { $0.purpose == purpose }, through.refusals.filter { $0.purpose == purpose }
        )
        guard let x = own.first, let y = passed.first else { return nil }
        let name = purpose == .wrongModel ? "an unknown model" : "a broken body"
        let (here, there) = (x.short, y.short)
        guard here == there else {
            return ("\(name): \(x.long) direct, \(y.long) through it", "\(here) becomes \(there)")
        }
        if x.served { return ("\(name) is \(x.long) on both sides", nil) }
        if x.meaning != y.meaning {
            return ("\(name): \(x.long) direct, \(y.long) through it", "another meaning of \(here)")
        }
        // Words with a number of the request in them are new each time.
        if Set(own.map(\.words)).count > 1 {
            return ("\(name): \(x.long) on both sides; its words are new each time", nil)
        }
        if x.words != y.words {
            return ("\(name): \(x.long) on both sides, in other words", "other words")
        }
        return ("\(name): \(x.long) on both sides, in the same words", nil)
    }
}

extension RefusalRecord {
    /// What a program sees first.
    fileprivate var short: String {
        if served { return "an answer" }
        return status.map { "HTTP \($0)" } ?? "no answer"
    }

    fileprivate var long: String {
        if served { return "answered all the same" }
        return short + (meaning.map { " (\($0.replacing("_", with: " ")))" } ?? "")
    }
}
