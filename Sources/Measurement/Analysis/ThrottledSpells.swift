/// Times in which a target refused for its limits (429, 503, 529), as incidents.
enum ThrottledSpells {
    /// Refusals this close to each other are of one spell.
    static let apart: Int64 = 5_000_000_000
    /// Fewer are no spell.
    static let fewest = 3

    /// Attempts that ended as throttled, by when they ended; those of a spell follow each other within `apart`, and no
    /// other answer came in between.
    static func all(of requests: RequestSet) -> [IncidentResult] {
        guard requests.contains(where: { $0.outcomeClass == .throttled }) else { return [] }
        // What ended, not the record: there may be a million of them.
        struct End {
            var at: Int64
            var dispatched: Int64?
            var sequence: Int64
            var isRefusal: Bool
        }
        let ended = requests.compactMap { request -> End? in
            let outcome = request.outcomeClass
            guard outcome == .throttled || outcome == .success, let at = request.instant(request.ended) else {
                return nil
            }
            return End(
                at: at,
                dispatched: request.dispatched,
                sequence: request.sequence,
                isRefusal: outcome == .throttled
            )
        }.sorted { $0.at < $1.at }
        var spells: [[End]] = []
        var goesOn = false
        for entry in ended {
            guard entry.isRefusal else {
                goesOn = false
                continue
            }
            if goesOn, let last = spells.last?.last, entry.at - last.at <= apart {
                spells[spells.count - 1].append(entry)
            } else {
                spells.append([entry])
            }
            goesOn = true
        }
        return spells.filter { $0.count >= fewest }.compactMap { spell in
            guard let first = spell.first, let last = spell.last else { return nil }
            var incident = IncidentResult(
                startSeconds: Double(first.dispatched ?? first.at) / 1e9,
                endSeconds: Double(last.at) / 1e9,
                kind: .throttling
            )
            incident.side = .server
            incident.attempts = spell.count
            incident.requests = Set(spell.map(\.sequence)).count
            return incident
        }
    }
}
