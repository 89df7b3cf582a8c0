import Schedule

/// `batch: {requests: 2000, concurrency: 128}`.
extension PhaseShape.Batch: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Batch? {
        var keys = MapReader(value, path: path, log: reader.log)
        let written = keys.take("requests")
        let requests = written.flatMap { $0.count(keys.path(of: "requests"), reader.log, 1...PhaseReader.mostRequests) }
        let concurrency = keys.take("concurrency").flatMap { reader.width($0, keys.path(of: "concurrency")) }
        let answers = keys.flag("answers")
        keys.finish()
        if !keys.has("concurrency") { keys.require("concurrency", "the requests to keep in flight, e.g. 128") }
        var listed: Int?
        var isNamed = false
        if case .list(let prompts) = reader.workload.source {
            listed = prompts.count
            isNamed = prompts.contains { $0.id != nil }
        }
        if written == nil, listed == nil { keys.require("requests", "how many prompts the job has, e.g. 2000") }
        if let written, let requests, let listed, isNamed, requests > listed {
            let message = "read \(requests); allowed: up to \(listed), each of the file's prompts once"
            reader.log.report(written.place, keys.path(of: "requests"), message)
            return nil
        }
        guard let count = written == nil ? listed : requests, count > 0, let concurrency else { return nil }
        var batch = PhaseShape.Batch(requests: count, concurrency: concurrency)
        batch.keepsAnswers = answers ?? (listed != nil && reader.workload.conversations == nil)
        return batch
    }

    var text: String {
        flow([
            ("requests", "\(requests)"), ("concurrency", "\(concurrency)"), ("answers", "\(keepsAnswers)"),
        ])
    }
}
