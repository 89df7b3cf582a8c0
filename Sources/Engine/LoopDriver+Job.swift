internal import Measurement
internal import Schedule
internal import Wire

/// A job's prompts: which comes next, and what was answered.
extension LoopDriver {
    func nextItem() -> Int? {
        guard let job, job.next < job.batch.items.count else { return nil }
        self.job?.next += 1
        return job.batch.items[job.next]
    }

    func subject(of request: LiveRequest) -> RequestMaker.Subject {
        if let item = request.item { return .item(item) }
        let hasJob = run.program.targets[request.target].plan.hasJob
        guard hasJob, case .warmup = run.program.entries[index].stage.rule else { return .prompt(Int(request.prompt)) }
        return .warmup
    }

    /// Comes before its request's record: stored alone it belongs to nothing, but a request without it would count as
    /// answered.
    func keepAnswer(of request: LiveRequest, _ record: RequestRecord) {
        guard let item = request.item, request.keepsAnswer, record.outcomeClass != .excluded else { return }
        let name = maker(of: request.target).customID(of: item)
        recorder.answer(AnswerRecord(request, record, customID: name, run: run))
    }

    func check(of target: Int) -> AnswerCheck? { maker(of: target).check }
}
