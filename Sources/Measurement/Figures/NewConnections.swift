/// Of the requests whose connection is known, those that opened it: each paid a handshake.
struct NewConnections: RequestTally {
    private(set) var result = TallyResult(part: 0, whole: 0)

    mutating func add(_ request: RequestRecord) {
        guard request.outcomeClass != .excluded, let connection = request.connection else { return }
        result.whole += 1
        if connection == .new { result.part += 1 }
    }
}

extension CatalogueFigure {
    public static let newConnectionShare = CatalogueFigure(
        "new_connection_share",
        .share,
        better: .less,
        missing: "no request had a connection"
    ) { NewConnections() }
}
