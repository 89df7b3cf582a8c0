import Engine
import Measurement
import Synchronization

/// Keeps what the engine recorded, as a store would: while it cannot write, what comes is held.
final class Books: RecordSink {
    private struct State {
        var run = RecordedRun()
        var held: [RecordBatch] = []
        var isBroken = false
    }
    private let state: Mutex<State>

    /// - Parameter run: what an earlier part left
    init(_ run: RecordedRun = RecordedRun()) { state = Mutex(State(run: run)) }

    func write(_ batch: RecordBatch) {
        state.withLock { state in
            if state.isBroken { state.held.append(batch) } else { Self.add(batch, to: &state.run) }
        }
    }

    func fail() { state.withLock { $0.isBroken = true } }

    func recover() {
        state.withLock { state in
            state.isBroken = false
            for batch in state.held { Self.add(batch, to: &state.run) }
            state.held = []
        }
    }

    /// What was held at the end is lost.
    var isBroken: Bool { state.withLock { $0.isBroken } }

    private static func add(_ batch: RecordBatch, to run: inout RecordedRun) {
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

    var run: RecordedRun { state.withLock { $0.run } }
}
