internal import Measurement
internal import Ticks
internal import Transport
internal import Wire

extension AnswerRecord {
    /// What was answered to one prompt of a job, redacted as everything that leaves the process. It is
    /// nil where no answer is kept: the request is of no job, or was cut off by us.
    init?(_ request: LiveRequest, _ record: RequestRecord, run: RunContext) {
        guard let item = request.errand.item, request.keepsAnswer, record.outcomeClass != .excluded else { return nil }
        var reply = request.decoder.reply
        reply.status = request.transfer.status
        let isAnswered = record.outcomeClass == .success
        let requestID = request.errand.requestID(run: run.id)
        let answer = BatchAnswer(
            id: "batch_req_\(requestID)",
            customID: request.lane.maker.customID(of: item),
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
