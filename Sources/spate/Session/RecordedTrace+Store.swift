import Measurement
import Profile
import Schedule
import Store
import Ticks
import Wire

extension RecordedTrace {
    /// The requests of a stored run, when they were due and how long they were: `format: spate`. Warm-ups are left out;
    /// so are requests whose tokens nobody counted.
    static let store: Reader = { path throws(Refusal) in
        let run: RecordedRun
        do throws(StoreError) { run = try StoredResult.read(path) } catch { throw Refusal("cannot be read: \(error)") }
        let phases = Set(run.phases.filter { $0.kind != .warmup && $0.kind != .trickle }.map(\.id))
        let steps = Set(run.steps.filter { phases.contains($0.phase) && $0.kind != .warmup }.map(\.id))
        var trace = Trace()
        for request in run.requests where steps.contains(request.step) {
            guard let input = request.inputTokens, let output = request.outputTokens,
                max(input, output) <= Usage.mostTokens
            else {
                trace.drop(.failed)
                continue
            }
            if input <= 0 {
                trace.drop(.noPrompt)
            } else if output <= 0 {
                trace.drop(.noAnswer)
            } else {
                trace.add(Trace.Row(offset: request.scheduled, inputTokens: Int(input), outputTokens: Int(output)))
            }
        }
        guard trace.rowsRead > 0 else { throw Refusal("holds no request") }
        trace.finish()
        return trace
    }
}
