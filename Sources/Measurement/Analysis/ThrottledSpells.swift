/// Times in which a target refused for its limits (429, 503, 529), as incidents.
enum ThrottledSpells {
    /// Refusals this close to each other are of one spell.
    static let apart: Int64 = 5_000_000_000
    /// Fewer are no spell.
    static let fewest = 3

    /// Attempts that ended as throttled, by when they ended; those of a spell follow each other within `apart`, and no
    /// other answer came in between.
    static func all(of requests: RequestSet) -> [IncidentResult] {
        let ended = requests.compactMap { request in
            request.outcome.class == .excluded
                ? nil : request.instant(request.ended).map { (at: $0, request: request) }
        }.sorted { $0.at < $1.at }
        var spells: [[(at: Int64, request: RequestRecord)]] = []
        var goesOn = false
        for entry in ended {
            guard entry.request.outcome.class == .throttled else {
                if entry.request.outcome.class == .success { goesOn = false }
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
                startSeconds: Double(first.request.dispatched ?? first.at) / 1e9,
                endSeconds: Double(last.at) / 1e9,
                kind: .throttling
            )
            incident.side = .server
            incident.attempts = spell.count
            incident.requests = Set(spell.map(\.request.sequence)).count
            return incident
        }
    }
}
