import Measurement
import Synchronization

/// What listens to a run's records on their way to the store: its metrics for Prometheus and its events. Opened before
/// anything is sent, so that what cannot be opened ends nothing half done.
final class RunTaps: RecordSink {
    private let telemetry: Telemetry?
    private let events: EventLog?
    private let sink = Mutex<(any RecordSink)?>(nil)

    /// - Parameter folder: goes away again where something cannot be opened.
    init(_ output: Job.Output, folder: RunFolder) throws(Failure) {
        do throws(Failure) {
            if let path = output.events { events = try EventLog(path) } else { events = nil }
            if let place = output.metrics { telemetry = try Telemetry(place) } else { telemetry = nil }
        } catch {
            folder.removeIfEmpty(simulatedProviders: 0)
            throw error
        }
    }

    /// From now on what is written goes to `sink` as well.
    func begin(_ run: RunRecord, result: String, before sink: any RecordSink) {
        self.sink.withLock { $0 = sink }
        telemetry?.begin(id: run.id)
        events?.begin(run, result: result)
    }

    func write(_ batch: RecordBatch) {
        telemetry?.note(batch)
        events?.note(batch)
        sink.withLock { $0 }?.write(batch)
    }

    /// The run is stored and shown.
    func finish(at nanoseconds: Int64, exitCode: Int, result: String) {
        events?.end(at: nanoseconds, exitCode: exitCode, result: result)
        if let problem = events?.finish() { Console.error("error: --events: \(problem)\n") }
        telemetry?.finish()
    }
}
