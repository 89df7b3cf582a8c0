internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport

/// Beginning requests.
extension LoopDriver {
    /// Requests on new connections that are due together go a few at a time, each few written before the next are begun:
    /// else the last one's clock would start long before it can be sent.
    static let startsPerTurn = 16

    func endTurn() {
        recorder.turn(lag: loop.turnNanoseconds)
        let wasFull = startsLeft == 0
        startsLeft = Self.startsPerTurn
        if wasFull { pump() }
    }

    func start(_ count: Int, scheduled: Instant, measured: Bool, firstRank: Int?) {
        let entry = run.program.entries[index]
        for offset in 0..<count {
            let request =
                prepared.popLast()
                ?? make(target: entry.target, item: nextItem(), conversation: nextTurn(dueBy: scheduled))
            request.scheduled = scheduled
            request.step = entry.step
            request.rank = firstRank.map { $0 + offset * entry.stage.rankStride }
            request.kind = firstRank != nil ? .wave : measured ? .measured : .unmeasured
            begin(request, connection: entry.stage.connection(isWave: firstRank != nil))
        }
    }

    func begin(_ request: LiveRequest, connection: HTTPClient.Connection) {
        if let cap = run.budget.reserve(request.claim) {
            skip(request)
            run.conductor.stop(.cap(cap))
            return
        }
        request.slot = running.count
        running.append(request)
        let isWritten = client(of: request.target).start(request.transfer, connection: connection)
        if !isWritten { startsLeft = max(0, startsLeft - 1) }
        let dispatched = request.transfer.timing.dispatched
        safeUntil = min(safeUntil, request.safe(run.watchdogs[request.target], now: dispatched))
        recorder.requestStarted(at: dispatched)
    }

    /// A cap was reached: the request is in the books as not sent.
    func skip(_ request: LiveRequest) {
        record(unsent: request, detail: "cap")
        shaper?.requestEnded(kind(request.kind, step: request.step), failedFast: true, at: MonotonicClock.now())
        recycle(request)
    }
}
