internal import Measurement
internal import Ticks
internal import Transport

/// The requests of one loop that are in flight: which they are, which have their answer, which are overdue.
final class Roster {
    private var running: [LiveRequest] = []
    /// Of them, those that have their answer, and whose connection is open yet.
    private var complete: [LiveRequest] = []
    /// Until when none of them can be overdue: ten thousand streams are not looked through for nothing.
    private var safeUntil = Instant.distantFuture
    private(set) var lastToken: Instant?  // of any stream, in the present phase

    var count: Int { running.count }

    func add(_ request: LiveRequest) {
        request.slot = running.count
        running.append(request)
    }

    /// It was dispatched, and may be overdue one day.
    func noteDispatch(of request: LiveRequest, at now: Instant) { safeUntil = min(safeUntil, request.safe(now: now)) }

    func noteToken(at instant: Instant) { lastToken = instant }

    func noteComplete(_ request: LiveRequest) {
        request.isComplete = true
        complete.append(request)
    }

    func remove(_ request: LiveRequest) {
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

    /// What its target's breaker wants to know.
    var report: Breaker.Report {
        Breaker.Report(oldestOpen: running.lazy.map(\.transfer.timing.dispatched).min(), lastToken: lastToken)
    }

    // MARK: requests that this loop ends

    func cancelAll() { while let request = running.last { request.lane.cancel(request, .ours(.cancelled)) } }

    /// Another phase begins, whose tokens count alone.
    func forgetTokens() { lastToken = nil }

    /// Every 2 ms: the place of a request that has its answer is not held by a connection that stays open.
    func endComplete(at now: Instant, _ patience: ReplyEnd.Patience) {
        // What one of them starts may be the same object anew.
        for request in complete where request.isComplete {
            guard let over = request.over(patience), over <= now else { continue }
            request.lane.cancel(request, .complete)
        }
    }

    func cancelOverdue(at now: Instant, _ standstills: Standstills) {
        guard now >= safeUntil else { return }
        safeUntil = .distantFuture  // what is begun meanwhile lowers it again
        var position = running.count
        while position > 0 {
            position -= 1
            guard position < running.count else { continue }
            let request = running[position]
            if let outcome = request.overdue(now: now, standstills) {
                request.lane.cancel(request, .ours(outcome))
            } else {
                noteDispatch(of: request, at: now)
            }
        }
    }
}
