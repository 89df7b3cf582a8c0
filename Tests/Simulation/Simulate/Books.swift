import Engine
import Measurement
import Synchronization

/// Keeps what the engine recorded, as a store would.
final class Books: RecordSink {
    private let stored = Mutex(RecordedRun())

    func write(_ batch: RecordBatch) {
        stored.withLock { run in
            run.requests += batch.requests
            run.bins += batch.bins
            run.histograms += batch.histograms
            run.health += batch.health
            run.incidents += batch.incidents
            for phase in batch.phases {
                run.phases.removeAll { $0.id == phase.id }
                run.phases.append(phase)
            }
            for step in batch.steps {
                run.steps.removeAll { $0.id == step.id }
                run.steps.append(step)
            }
        }
    }

    var run: RecordedRun { stored.withLock { $0 } }
}
