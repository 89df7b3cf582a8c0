internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport

/// Requests that were refused or lost, once more.
extension LoopDriver {
    func sendLater(_ request: LiveRequest, _ record: RequestRecord, at due: Instant) {
        retries.insert(
            RetryQueue.Entry(
                due: due,
                target: request.target,
                sequence: request.sequence,
                prompt: request.prompt,
                arrival: request.arrival,
                item: request.item,
                conversation: request.conversation,
                attempt: request.attempt + 1,
                step: request.step,
                kind: request.kind,
                measured: record.measured
            )
        )
    }

    /// The same request once more, under the same number.
    func send(again entry: RetryQueue.Entry) {
        let request = make(target: entry.target, item: entry.item, again: entry)
        request.scheduled = entry.due
        request.step = entry.step
        request.kind = entry.kind
        request.measured = entry.measured
        begin(request, connection: .any)
    }

    /// Their users give up.
    func dropRetries() {
        let now = MonotonicClock.now()
        for entry in retries.takeAll() {
            shaper?.requestEnded(kind(entry.kind, step: entry.step), failedFast: false, at: now)
        }
    }

    /// What a request of that step is to the present stage.
    func kind(_ kind: StageShaper.RequestKind, step: Int) -> StageShaper.RequestKind {
        step == run.program.entries[index].step ? kind : .carried
    }
}
