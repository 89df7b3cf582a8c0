import Measurement
import Synchronization

/// Keeps what the loops record.
final class MemorySink: RecordSink {
    private struct Stored {
        var run = RecordedRun()
        var batches = 0
        var largestBatch = 0  // requests in it
    }

    private let stored = Mutex(Stored())

    func write(_ batch: RecordBatch) {
        stored.withLock { stored in
            stored.batches += 1
            stored.largestBatch = max(stored.largestBatch, batch.requests.count)
            stored.run.requests += batch.requests
            stored.run.bins += batch.bins
            stored.run.histograms += batch.histograms
            stored.run.health += batch.health
            stored.run.incidents += batch.incidents
            for phase in batch.phases {
                stored.run.phases.removeAll { $0.id == phase.id }
                stored.run.phases.append(phase)
            }
            for step in batch.steps {
                stored.run.steps.removeAll { $0.id == step.id }
                stored.run.steps.append(step)
            }
        }
    }

    var run: RecordedRun { stored.withLock { $0.run } }
    var batches: Int { stored.withLock { $0.batches } }
    var largestBatch: Int { stored.withLock { $0.largestBatch } }
}
