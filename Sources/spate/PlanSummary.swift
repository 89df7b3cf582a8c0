import Engine
import Glibc
import Profile
import Schedule
import Wire

/// What a job will ask of its targets at most, before anything is sent: for --dry-run, and for consent.
struct PlanSummary {
    private let job: Job

    init(_ job: Job) { self.job = job }

    private struct Line {
        var target: JobTarget
        var worst: PlanEstimate
        var likely: PlanEstimate
        var dollars: Double?
    }

    private var lines: [Line] {
        job.targets.map { target in
            var worst = target.plan.estimate(answer: target.plan.fastAnswer)
            if target.provider.api.makesVectors { worst.outputTokens = 0 }
            let likely = target.plan.estimate(answer: Self.likelyAnswer(target.plan))
            var dollars: Double?
            if let input = target.price.input, let output = target.price.output {
                dollars = (input * Double(worst.inputTokens) + output * Double(worst.outputTokens)) / 1e6
            }
            if target.name == job.targets[0].name, let before = TargetCalibration.worst(job)?.dollars {
                dollars = dollars.map { $0 + before }
            }
            if let perHour = target.dollarsPerHour { dollars = perHour * (likely.duration / .seconds(3600)) }
            return Line(target: target, worst: worst, likely: likely, dollars: dollars)
        }
    }

    var text: String {
        var text = "plan \(job.name), seed \(job.seed), schedule \(job.targets[0].plan.scheduleSHA256.prefix(12))\n"
        let plan = job.targets[0].plan
        for phase in plan.phases {
            if phase.kind == .keepwarm {
                let gaps = phase.stages.compactMap(\.afterIdle)
                let waiting = gaps.reduce(.zero, +)
                text +=
                    "  \(phase.name): \(gaps.count) probes, each after a pause, then one more: \(gaps.map(Units.text).joined(separator: ", "))\n"
                text += "  of this run at least \(Units.text(.seconds(waiting.components.seconds))) is waiting\n"
                continue
            }
            let stages = phase.stages.map(Self.text(of:))
            let blocks = phase.blocks > 1 ? " (\(phase.blocks) blocks)" : ""
            let probes = phase.probeRate.map { "; beside it single probes, at most \($0) a second" } ?? ""
            text += "  \(phase.name)\(blocks): \(stages.joined(separator: ", "))\(probes)\n"
        }
        if let talk = plan.workload.conversations {
            let turns =
                talk.turns.least == talk.turns.greatest
                ? "\(talk.turns.greatest)" : "\(talk.turns.least) to \(talk.turns.greatest)"
            text += "conversations of \(turns) questions; each stream is a user, each arrival a new one\n"
        }
        if job.targets.count > 1 { text += "order: \(job.order.rawValue)\n" }
        if plan.windows.count > 1 {
            text += "time windows: \(plan.windows.count), one every \(plan.windows.every.components.seconds) s\n"
            let longest = windowLength
            if longest > plan.windows.every {
                text += "  but one takes about \(longest.components.seconds) s, so that the next will begin late\n"
            }
        }
        text += calibration
        for line in lines {
            let place =
                switch line.target.location {
                case .simulated(let scenario): "simulated provider, scenario \(scenario.name)"
                case .remote(let address): address.url
                }
            text += "target \(line.target.name): \(place)\n"
            text += "  requests: at least \(line.worst.requestsLeast), at most about \(line.worst.requests)\n"
            text += "  peak concurrency: \(line.worst.peakInFlight)\n"
            text += "  tokens, at most about: \(line.worst.inputTokens) in, \(line.worst.outputTokens) out\n"
            let bound = line.target.dollarsPerHour == nil ? "at most about" : "about"
            let dollars = line.dollars.map { "\(bound) $\(($0 * 100).rounded(.up) / 100)" }
            text += "  cost: \(line.target.isSimulated ? "nothing" : dollars ?? "unknown (no price given)")\n"
            text += "  time: about \(line.likely.duration.components.seconds) s\n"
        }
        return text
    }

    /// About how long one time window takes, all targets in turn.
    private var windowLength: Duration {
        let lengths = job.targets.map { target in
            var plan = target.plan
            plan.windows = TimeWindows()
            return plan.estimate(answer: Self.likelyAnswer(plan)).duration
        }
        return job.order == .parallel ? lengths.max() ?? .zero : lengths.reduce(.zero, +)
    }

    private static func likelyAnswer(_ plan: RunPlan) -> Duration {
        .milliseconds(500) + .milliseconds(20) * plan.workload.maxTokens.mean
    }

    private static func text(of stage: Stage) -> String {
        switch stage.rule {
        case .warmup(let requests): return "\(requests) requests, one at a time"
        case .probe(let requests, let gap):
            return "\(requests) requests, one at a time, with pauses of \(Units.text(gap))"
        case .batch(let batch): return "\(batch.items.count) prompts, \(stage.concurrency) at a time"
        case .idle(let time), .pause(let time): return "\(stage.kind.rawValue) \(Units.text(time))"
        case .arrivals(let arrivals): return text(of: arrivals)
        case .level, .baseline, .edge, .control, .rewarm, .drain:
            return stage.concurrency > 0 ? "\(stage.kind.rawValue) \(stage.concurrency)" : stage.kind.rawValue
        }
    }

    /// What is asked beforehand of the first target, so that prompts get the length they are to have.
    private var calibration: String {
        guard let worst = TargetCalibration.worst(job) else { return "" }
        let target = job.targets[0]
        let dollars =
            worst.dollars.map { "at most $\(($0 * 10_000).rounded(.up) / 10_000)" }
            ?? (target.dollarsPerHour == nil ? "cost unknown (no price given)" : "paid by the hour")
        return
            "calibration of prompts on \(target.name): \(worst.requests) requests, at most \(worst.inputTokens) tokens in, "
            + "\(worst.outputTokens) out, \(target.isSimulated ? "nothing" : dollars)\n"
    }

    private static func text(of arrivals: Arrivals) -> String {
        let count = Int(arrivals.expectedCount.rounded())
        let cap = arrivals.isCapped ? ", at most \(arrivals.limit) in flight (\(arrivals.overflow.rawValue))" : ""
        switch arrivals.source {
        case .rate(let plan):
            let isExact = plan.count != nil || plan.law == .constant
            let length = plan.count == nil ? "for" : "in about"
            let words =
                "\(isExact ? "" : "about ")\(count) request\(count == 1 ? "" : "s") at \(plan.curve.words) a second"
            return "\(words) \(length) \(Units.rounded(plan.duration)), \(plan.law.text)\(cap)"
        case .trace(let replay):
            let speed = replay.speed == 1 ? "" : " \(replay.speed) times as fast"
            return "\(count) requests of \(replay.name) (\(replay.format.rawValue))\(speed)\(cap)"
        }
    }

    /// A target elsewhere that would get much is shown and asked about; without a terminal it needs --yes.
    func askForConsent() throws(Failure) {
        guard !job.saysYes, lines.contains(where: needsConsent) else { return }
        Console.error(text)
        guard isatty(STDIN_FILENO) == 1, Console.errorIsTerminal else {
            throw Failure(.badInput, "this is much for a target that is not on this machine; say --yes to go on")
        }
        Console.error("Go on? [y/N] ")
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            throw Failure(.badInput, "not started")
        }
    }

    /// Above 500 requests, 64 in flight, $1, or 1 M tokens at an unknown price.
    private func needsConsent(_ line: Line) -> Bool {
        guard case .remote(let address) = line.target.location, !address.isLoopback else { return false }
        let tokens = line.worst.inputTokens + line.worst.outputTokens
        return line.worst.requests > 500 || line.worst.peakInFlight > 64
            || line.dollars.map { $0 > 1 } ?? (tokens > 1_000_000)
    }
}
