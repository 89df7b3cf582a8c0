internal import Measurement
internal import Ticks
internal import Transport
internal import Wire

extension AnswerRecord {
    /// What was answered to one prompt of a job, redacted as everything that leaves the process.
    init(_ request: LiveRequest, _ record: RequestRecord, customID: String, run: RunContext) {
        var reply = request.decoder.reply
        reply.status = request.transfer.status
        let isAnswered = record.outcomeClass == .success
        let requestID = request.errand.requestID(run: run.id)
        let answer = BatchAnswer(
            id: "batch_req_\(requestID)",
            customID: customID,
            requestID: requestID,
            model: request.lane.target.model,
            created: (MonotonicClock.now().nanoseconds + MonotonicClock.realtimeOffset()) / 1_000_000_000,
            reply: reply,
            text: request.decoder.text,
            failure: isAnswered ? nil : (record.outcome.rawValue, record.error ?? record.detail ?? "")
        )
        self.init(sequence: request.errand.sequence, line: answer.line { run.redactor().redacted($0) })
    }
}
