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
        let number = "\(run.id)-\(request.sequence)"
        let requestID = request.attempt == 0 ? number : "\(number).\(request.attempt)"
        let answer = BatchAnswer(
            id: "batch_req_\(requestID)",
            customID: customID,
            requestID: requestID,
            model: run.program.targets[request.target].model,
            created: (MonotonicClock.now().nanoseconds + MonotonicClock.realtimeOffset()) / 1_000_000_000,
            reply: reply,
            text: request.decoder.text,
            failure: isAnswered ? nil : (record.outcome.rawValue, record.error ?? record.detail ?? "")
        )
        self.init(sequence: request.sequence, line: answer.line { run.redactor.redacted($0) })
    }
}
