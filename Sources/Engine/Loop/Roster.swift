internal import Ticks

/// The requests of one loop that are in flight.
struct Roster {
    private(set) var running: [LiveRequest] = []
    /// Of them, those that have their answer, and whose connection is open yet.
    private(set) var complete: [LiveRequest] = []
    /// Until when none of them can be overdue: ten thousand streams are not looked through for nothing.
    private(set) var safeUntil = Instant.distantFuture

    var count: Int { running.count }

    mutating func add(_ request: LiveRequest) {
        request.slot = running.count
        running.append(request)
    }

    mutating func note(safeUntil instant: Instant) { safeUntil = min(safeUntil, instant) }

    mutating func noteComplete(_ request: LiveRequest) {
        request.isComplete = true
        complete.append(request)
    }

    mutating func remove(_ request: LiveRequest) {
        let last = running.removeLast()
        if last !== request {
            last.slot = request.slot
            running[request.slot] = last
        }
        if request.isComplete {
            request.isComplete = false
            complete.removeAll { $0 === request }
        }
    }

    /// All are about to be looked through; what is begun meanwhile lowers the instant again.
    mutating func forgetSafety() { safeUntil = .distantFuture }
}
