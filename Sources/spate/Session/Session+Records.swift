import Measurement
import Schedule
import Ticks
import Transport

/// What is stored of the run and its targets.
extension Session {
    func runID(_ t0: Instant) -> String { start.runID(t0, job.targets[0].plan.scheduleSHA256) }

    func runRecord(t0: Instant, targets: [Ready]) -> RunRecord {
        var record = RunRecord()
        record.id = runID(t0)
        record.toolVersion = Self.version
        record.profileName = job.name
        record.label = job.label
        record.metadata = job.metadata
        record.seed = job.seed
        record.scheduleSHA256 = job.targets[0].plan.scheduleSHA256
        record.startedAtUnixNanoseconds = t0.nanoseconds + MonotonicClock.realtimeOffset()
        record.simulated = job.targets.allSatisfy(\.isSimulated)
        record.fast = job.isFast
        record.loops = job.loopsOfAllRuns
        record.sloTTFT = job.slo.ttft
        record.sloTPOT = job.slo.tpot
        record.sloE2E = job.slo.e2e
        record.thresholds = job.thresholds
        record.thresholdsConfident = job.thresholdsAreConfident
        record.warnings = job.warnings
        record.find = job.search?.promise.expression
        record.findFrom = job.search?.range.lowerBound
        record.workload = job.workload
        record.keptRows = job.output.requests
        record.answers = job.answers.map(UserFiles.absolute)
        record.calibration = calibration
        record.findTo = job.search?.range.upperBound
        record.cores = ProcessResources.cores()
        if job.heedsSelftest, let selftest = SelftestFile.load() { record.heed(selftest, loops: job.loopsOfAllRuns) }
        return record
    }

    func targetRows(_ targets: [Ready]) -> [TargetRecord] {
        targets.enumerated().map { index, target in
            var row = TargetRecord(job.targets[target.jobIndex], id: index + 1, url: target.url)
            row.note(target.prepared)
            if let before = job.resumption?.stored.targets.first(where: { $0.id == row.id }) {
                row.follow(before)
            }
            return row
        }
    }
}
