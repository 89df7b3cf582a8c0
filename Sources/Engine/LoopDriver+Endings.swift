internal import Ticks

/// Requests that this loop ends itself: those that have their answer, and those that ran into a timeout.
extension LoopDriver {
    /// Every 2 ms: the place of a request that has its answer is not held by a connection that stays open.
    func endComplete(_ now: Instant) {
        for request in complete where request.isComplete {  // what one of them starts may be the same object anew
            guard let over = request.over(run.patience), over <= now else { continue }
            cancel(request, .complete)
        }
    }

    /// Ten thousand streams are not looked through each time when none can be overdue.
    func cancelOverdue(_ now: Instant) {
        safeUntil = .distantFuture  // what is begun meanwhile lowers it
        var position = running.count
        while position > 0 {
            position -= 1
            guard position < running.count else { continue }
            let request = running[position]
            let watchdog = run.watchdogs[request.target]
            if let outcome = request.overdue(watchdog, now: now) {
                cancel(request, .ours(outcome))
            } else {
                safeUntil = min(safeUntil, request.safe(watchdog, now: now))
            }
        }
    }
}
