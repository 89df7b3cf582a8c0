import Engine
import Glibc
import Measurement
import Profile
import Schedule
import Ticks
import Wire

/// What a job will ask of its targets at most, before anything is sent: for --dry-run, and for consent.
struct PlanSummary {
    private let job: Job
    /// What an earlier run tells of how long answers take and how they scatter.
    private let earlier: (run: EarlierRun, path: String)?

    init(_ job: Job, like earlier: (run: EarlierRun, path: String)? = nil) {
        self.job = job
        self.earlier = earlier
    }

    private struct Line {
        var target: Target
        var worst: PlanEstimate
        var likely: PlanEstimate
        /// The same with answers that take so many times as long, and that part of the time.
        var slow: PlanEstimate
        var fast: PlanEstimate
        var dollars: Double?  // at most
        var likelyDollars: Double?
    }

    private var lines: [Line] {
        job.targets.map { target in
            var worst = job.plan.estimate(answer: job.plan.fastAnswer, again: job.retryDisturbed)
            var likely = likely(target)
            if target.provider.api.makesVectors { (worst.outputTokens, likely.outputTokens) = (0, 0) }
            likely.outputTokens = min(likely.outputTokens, usualTokens(likely, target))
            var (dollars, likelyDollars): (Double?, Double?)
            if let price = Price(target).dearest {
                let before = target.name == job.targets[0].name ? TargetCalibration.worst(job)?.dollars ?? 0 : 0
                func cost(_ estimate: PlanEstimate) -> Double {
                    (price.input * Double(estimate.inputTokens) + price.output * Double(estimate.outputTokens)) / 1e6
                        + before
                }
                (dollars, likelyDollars) = (cost(worst), cost(likely))
            }
            if let perHour = target.price.perHour { dollars = perHour * (likely.duration / .seconds(3600)) }
            return Line(
                target: target,
                worst: worst,
                likely: likely,
                slow: self.likely(target, times: doubt),
                fast: self.likely(target, times: 1 / doubt),
                dollars: dollars,
                likelyDollars: likelyDollars
            )
        }
    }

    var text: String {
        var text =
            "plan \(job.profile.name), seed \(job.profile.seed), schedule \(job.plan.scheduleSHA256.prefix(12))\n"
        let plan = job.plan
        for phase in plan.phases {
            if phase.kind == .keepwarm {
                let gaps = phase.stages.compactMap(\.afterIdle)
                let waiting = gaps.reduce(.zero, +)
                text +=
                    "  \(phase.name): \(gaps.count) probes, each after a pause, then one more: \(gaps.map(Units.text).joined(separator: ", "))\n"
                text += "  of this run \(Units.rounded(.seconds(waiting.components.seconds))) or more is waiting\n"
                continue
            }
            let stages = phase.stages.map { Self.text(of: $0, machines: plan.machines) }
            let blocks = phase.blocks > 1 ? " (\(phase.blocks) blocks)" : ""
            let probes = phase.probeRate.map { "; beside it single probes, at most \($0) a second" } ?? ""
            text += "  \(phase.name)\(blocks): \(stages.joined(separator: ", "))\(probes)\n"
        }
        if job.split.shard.count > 1 {
            text +=
                "the plan is that of all shards; shard \(job.split.shard.text) sends its part of it (\(job.split.origin))\n"
        }
        if let talk = plan.workload.conversations {
            let turns =
                talk.turns.least == talk.turns.greatest
                ? "\(talk.turns.greatest)" : "\(talk.turns.least) to \(talk.turns.greatest)"
            text += "conversations of \(turns) questions; each stream is a user, each arrival a new one\n"
        }
        if job.retryDisturbed > 0 {
            let most = job.retryDisturbed == 1 ? "once" : "\(job.retryDisturbed) times"
            text +=
                "levels that the load generator disturbs are measured again at the end of their phase, at most \(most)\n"
            for reason in Set(plan.phases.flatMap(\.stages).compactMap(\.reasonNotToRepeat)).sorted() {
                text += "  not where \(reason)\n"
            }
        }
        if job.targets.count > 1 { text += "order: \(job.profile.order.rawValue)\n" }
        if plan.windows.count > 1 {
            text += "time windows: \(plan.windows.count), one every \(plan.windows.every.components.seconds) s\n"
            let longest = windowLength
            if longest > plan.windows.every {
                text += "  but one takes about \(longest.components.seconds) s, so the next begins late\n"
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
            text += "  requests: \(requests(line))\n"
            text += "  peak concurrency: \(Self.grouped(line.worst.peakInFlight))\n"
            text += "  tokens in: \(Self.tokens(line.likely, line.worst, \.inputTokens))\n"
            text += "  tokens out: \(Self.tokens(line.likely, line.worst, \.outputTokens))\n"
            text += "  cost: \(Self.cost(line))\n"
            text += "  time: about \(Units.rounded(.seconds(max(1, line.likely.duration / .seconds(1)))))\n"
            if line.worst.requestsLeast != line.worst.requests || line.likely.duration != line.slow.duration {
                text += "  assumed: \(assumption(line.target))\n"
            }
            text += PlanPower(line.target, job.plan, earlier: earlier) { self.answer(of: line.target, among: $0) }.text
        }
        let missing = Set(job.targets.compactMap(KeyRing.missing)).sorted()
        if !missing.isEmpty { text += "no key yet: \(missing.joined(separator: ", "))\n" }
        return text
    }

    /// What is likely, how far that goes wrong with another speed, and what is certain.
    private func requests(_ line: Line) -> String {
        let (least, most) = (line.worst.requestsLeast, line.worst.requests)
        if least == most { return Self.grouped(most) }
        func within(_ estimate: PlanEstimate) -> String { Self.grouped(min(most, max(least, estimate.requests))) }
        let speed =
            earlier == nil ? "answers take twice or half the time assumed" : "answers are a quarter slower or faster"
        return "about \(within(line.likely)); \(within(line.slow)) to \(within(line.fast)) if \(speed); "
            + "never fewer than \(Self.grouped(least)) or more than \(Self.grouped(most))"
    }

    private static func tokens(
        _ likely: PlanEstimate,
        _ worst: PlanEstimate,
        _ count: KeyPath<PlanEstimate, Int>
    ) -> String {
        let (about, most) = (min(likely[keyPath: count], worst[keyPath: count]), worst[keyPath: count])
        if most == 0 { return "none" }
        return about == most ? "at most \(grouped(most))" : "about \(grouped(about)), at most \(grouped(most))"
    }

    private static func cost(_ line: Line) -> String {
        if line.target.isSimulated { return "nothing" }
        guard let dollars = line.dollars else { return "unknown (no price given)" }
        guard let likely = line.likelyDollars else { return "about \(money(dollars))" }
        return likely < dollars
            ? "about \(money(likely)), at most \(money(dollars))" : "at most \(money(dollars))"
    }

    /// Up to the next cent; a fraction of a cent keeps two digits.
    static func money(_ dollars: Double) -> String {
        let grain = dollars >= 0.01 || dollars <= 0 ? 100.0 : 10_000.0
        let parts = Int((dollars * grain).rounded(.up))
        let (whole, fraction) = parts.quotientAndRemainder(dividingBy: Int(grain))
        return "$\(grouped(whole))." + String(String(Int(grain) + fraction).dropFirst())
    }

    /// 2,775,552
    static func grouped(_ count: Int) -> String {
        var digits = String(count)
        var place = digits.endIndex
        while let next = digits.index(place, offsetBy: -3, limitedBy: digits.startIndex), next > digits.startIndex {
            digits.insert(",", at: next)
            place = next
        }
        return digits
    }

    /// About how long one time window takes, all targets in turn.
    private var windowLength: Duration {
        let lengths = job.targets.map { target in
            var plan = job.plan
            plan.windows = TimeWindows()
            return likely(target, plan).duration
        }
        return job.profile.order == .parallel ? lengths.max() ?? .zero : lengths.reduce(.zero, +)
    }

    /// By how much the time of an answer may be off.
    private var doubt: Double { earlier == nil ? 2 : 1.25 }

    /// - Parameter times: how often the time assumed an answer takes.
    private func likely(_ target: Target, _ plan: RunPlan? = nil, times: Double = 1) -> PlanEstimate {
        var coldStart = Duration.zero
        if earlier == nil, case .simulated(let scenario) = target.location { coldStart = scenario.usualColdStart }
        return (plan ?? job.plan).estimate(coldStart: coldStart) { answer(of: target, among: $0) * times }
    }

    /// What an answer takes among so many: as in the earlier result, as the simulated provider's scenario says, or as a usual
    /// service's.
    func answer(of target: Target, among streams: Int) -> Duration {
        if let earlier { return .seconds(max(0.001, earlier.run.answerSeconds(among: streams))) }
        let workload = job.plan.workload
        if case .simulated(let scenario) = target.location { return scenario.usualAnswer(to: workload, among: streams) }
        return .milliseconds(500) + .milliseconds(20) * workload.maxTokens.mean
    }

    private func assumption(_ target: Target) -> String {
        if let earlier { return "answers take as long, and are as long, as in \(earlier.path) at the nearest level" }
        if case .simulated(let scenario) = target.location { return "answers as scenario \(scenario.name) gives them" }
        return "an answer takes 0.5 s and 20 ms a token at every level; --like RESULT takes an earlier run's times"
    }

    /// Output tokens by the length of the earlier run's answers; all that may come where there is none.
    private func usualTokens(_ likely: PlanEstimate, _ target: Target) -> Int {
        guard let mean = earlier?.run.outputTokens(among: likely.peakInFlight) else { return likely.outputTokens }
        return Int(min(1e15, (Double(likely.requests) * mean).rounded(.up)))
    }

    private static func text(of stage: Stage, machines: Int) -> String {
        switch stage.load {
        case .closed(let load):
            if let items = load.items { return "\(grouped(items.count)) prompts, \(stage.concurrency) at a time" }
            if load.primes, let requests = load.budget {
                let each = machines > 1 ? " of each shard" : ""
                return requests == 1
                    ? "1 request\(each) with the beginning that prompts share, not measured"
                    : "\(grouped(requests)) requests\(each), each with a beginning that prompts share, not measured"
            }
            if stage.kind == .warmup || stage.kind == .probe, let requests = load.budget {
                let pauses = stage.kind == .probe ? ", with pauses of \(Units.text(load.gap))" : ""
                return "\(grouped(requests)) request\(requests == 1 ? "" : "s"), one at a time\(pauses)"
            }
            return load.concurrency > 0 ? "\(stage.kind.rawValue) \(load.concurrency)" : stage.kind.rawValue
        case .open(let arrivals): return text(of: arrivals)
        case .wait(let time): return "\(stage.kind.rawValue) \(Units.text(time))"
        case .drain: return stage.kind.rawValue
        }
    }

    /// What is asked beforehand of the first target, so that prompts get the length they are to have.
    private var calibration: String {
        guard let worst = TargetCalibration.worst(job) else { return "" }
        let target = job.targets[0]
        let dollars =
            worst.dollars.map { "at most $\(($0 * 10_000).rounded(.up) / 10_000)" }
            ?? (target.price.perHour == nil ? "cost unknown (no price given)" : "paid by the hour")
        return
            "calibration of prompts on \(target.name): \(worst.requests) requests, at most \(Self.grouped(worst.inputTokens)) tokens "
            + "in, \(Self.grouped(worst.outputTokens)) out, \(target.isSimulated ? "nothing" : dollars)\n"
    }

    private static func text(of arrivals: Arrivals) -> String {
        let count = Int(arrivals.expectedCount.rounded())
        let cap = arrivals.isCapped ? ", at most \(arrivals.limit) in flight (\(arrivals.overflow.rawValue))" : ""
        switch arrivals.source {
        case .rate(let plan):
            let isExact = plan.count != nil || plan.law == .constant
            let length = plan.count == nil ? "for" : "in about"
            let words =
                "\(isExact ? "" : "about ")\(grouped(count)) request\(count == 1 ? "" : "s") at \(plan.curve.words) a second"
            return "\(words) \(length) \(Units.rounded(plan.duration)), \(plan.law.text)\(cap)"
        case .trace(let replay):
            let speed = replay.speed == 1 ? "" : " \(replay.speed) times as fast"
            return "\(grouped(count)) requests of \(replay.name) (\(replay.format.rawValue))\(speed)\(cap)"
        }
    }

    /// A target elsewhere that would get much is shown and asked about; without a terminal it needs --yes.
    func askForConsent() throws(Failure) {
        guard !job.saysYes, lines.contains(where: needsConsent) else { return }
        Console.error(text)
        guard isatty(STDIN_FILENO) == 1, Console.errorIsTerminal else {
            throw Failure(.badInput, "a large plan for a remote target; add --yes to start without being asked")
        }
        Console.error("Large plan for a remote target. Start? [y/N] ")
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
