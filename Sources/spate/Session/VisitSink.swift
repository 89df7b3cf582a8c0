import Measurement
import Synchronization

/// Counts how many measured requests kept a promise, on their way to the store.
final class VisitSink: RecordSink {
    struct Count {
        var inside = 0
        var outside = 0
        var lastSequence: Int64 = -1
        /// When the search's phase began, since t0.
        var phaseStarted: Int64?
    }

    private let store: any RecordSink
    private let promise: RequestPromise
    private let phase: Int
    private let state = Mutex(Count())

    /// - Parameter phase: `PhaseRecord.id` of the search.
    init(store: any RecordSink, promise: RequestPromise, phase: Int) {
        self.store = store
        self.promise = promise
        self.phase = phase
    }

    func write(_ batch: RecordBatch) {
        state.withLock { state in
            for request in batch.requests {
                state.lastSequence = max(state.lastSequence, request.sequence)
                guard request.measured, let kept = promise.isKept(by: request) else { continue }
                if kept { state.inside += 1 } else { state.outside += 1 }
            }
            for row in batch.phases where row.id == phase && state.phaseStarted == nil {
                state.phaseStarted = row.started
            }
        }
        store.write(batch)
    }

    /// What was counted since the last call; sequence and start go on.
    func take() -> Count {
        state.withLock { state in
            defer { (state.inside, state.outside) = (0, 0) }
            return state
        }
    }
}
