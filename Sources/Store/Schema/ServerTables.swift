import Measurement

extension Schema {
    /// What each replica of a target's server said, about once a second; counters are those since its start. `at_ns` is
    /// when its answer began.
    static let serverReadings = Table<ServerReading>(
        "server_readings",
        empty: { ServerReading() },
        columns: [
            Column("target", \.target),
            Column("source", \.source),
            Column("replica", \.replica),
            Column("at_ns", \.at),
            Column("took_ns", \.took),
            Column("problem", \.problem),
        ] + ServerFact.allCases.map { fact in Column(fact.rawValue, { $0[fact] }, { $0[fact] = $1 }) }
    )

    /// The metrics' texts as they came: the first, the last, and each whose names had changed.
    static let serverTexts = Table<ServerText>(
        "server_texts",
        empty: { ServerText() },
        columns: [
            Column("target", \.target),
            Column("source", \.source),
            Column("at_ns", \.at),
            Column("reason", \.reason),
            Column("text", \.text),
        ]
    )
}

extension ServerText.Reason: Storable {}
