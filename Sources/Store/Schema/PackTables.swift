import Measurement

/// Requests without a row of their own, as `RequestPack` holds them.
struct StoredPack: Sendable {
    var id = 0
    var count = 0
    /// Of what was due in it, since t0.
    var first: Int64 = 0
    var last: Int64 = 0
    var cells: [UInt8] = []

    init() {}

    init(_ id: Int, _ requests: [RequestRecord]) {
        self.id = id
        count = requests.count
        first = requests.map(\.scheduled).min() ?? 0
        last = requests.map(\.scheduled).max() ?? 0
        cells = RequestPack.encode(requests)
    }

    /// nil where the file is damaged.
    var requests: [RequestRecord]? { RequestPack.decode(cells).flatMap { $0.count == count ? $0 : nil } }
}

extension Schema {
    static let packs = Table<StoredPack>(
        "packs",
        constraints: ["PRIMARY KEY (id)"],
        empty: { StoredPack() },
        columns: [
            Column("id", \.id),
            Column("count", \.count),
            Column("first_ns", \.first),
            Column("last_ns", \.last),
            Column("cells", \.cells),
        ]
    )

    /// Tokens, events and bytes of text that came of packed requests, by step and bin (in units of the step's `bin_ns`).
    static let arrived = Table<ArrivedRecord>(
        "arrived",
        constraints: ["PRIMARY KEY (step, bin)"],
        empty: { ArrivedRecord() },
        columns: [
            Column("step", \.step),
            Column("bin", \.bin),
            Column("tokens", \.tokens),
            Column("events", \.events),
            Column("text_bytes", \.textBytes),
        ]
    )
}
