import Ticks

/// What a run may use up. Reserved before sending, so that it cannot be overshot.
public struct Limits: Sendable, Hashable {
    public var maxRequests: Int?
    public var maxOutputTokens: Int?
    public var maxCost: Double?  // dollars
    public var maxInFlight: Int

    public init(
        maxRequests: Int? = nil,
        maxOutputTokens: Int? = nil,
        maxCost: Double? = nil,
        maxInFlight: Int = 5000
    ) {
        self.maxRequests = maxRequests
        self.maxOutputTokens = maxOutputTokens
        self.maxCost = maxCost
        self.maxInFlight = maxInFlight
    }
}

/// What a plan asks of its target, before it runs.
///
/// Closed loops send as fast as the target answers, so only the least is certain; the rest follows from a length of
/// answer that the caller assumes: a short one for the worst case in requests and tokens, a likely one for the time.
public struct PlanEstimate: Sendable, Hashable {
    public var requestsLeast = 0  // what the plan asks for even of a slow target
    public var requests = 0  // at most, each sent as often as retries allow
    public var peakInFlight = 0
    public var inputTokens = 0
    public var outputTokens = 0  // each request up to its cap
    public var duration = Duration.zero

    public init() {}
}

extension RunPlan {
    /// 100 ms and 2 ms a token: faster than all but special hardware, for the worst case in requests and tokens.
    public var fastAnswer: Duration { .milliseconds(100) + .milliseconds(2) * workload.maxTokens.mean }

    /// - Parameter answer: the time that every request is assumed to take, whatever the load.
    public func estimate(answer: Duration, again: Int = 0) -> PlanEstimate { estimate(again: again) { _ in answer } }

    /// - Parameters:
    ///   - coldStart: what the first request of all, and a burst after an idle time, wait besides.
    ///   - answer: the time that a request takes among so many in flight; more than 0.
    ///   - again: how often a disturbed level may be measured again
    public func estimate(
        coldStart: Duration = .zero,
        again: Int = 0,
        answer answerAmong: (Int) -> Duration
    ) -> PlanEstimate {
        var sum = PlanEstimate()
        sum.duration = phases.isEmpty ? .zero : coldStart
        for phase in phases {
            var carried = 0
            let before = sum.duration
            for stage in phase.stages {
                let answer = answerAmong(max(1, stage.concurrency))
                var (least, requests, duration) = stage.estimate(answer: answer, carried: carried)
                if stage.primes { (least, requests) = (least * machines, requests * machines) }
                if stage.kind == .edge { duration += coldStart }
                var peak = stage.peakInFlight
                // What arrives is a conversation.
                if let arrivals = stage.arrivals, stage.takesConversations {
                    requests = requests.saturatingProduct(workload.mostTurns)
                    peak = min(arrivals.limit, peak.saturatingProduct(workload.mostTurns))
                }
                sum.requestsLeast = sum.requestsLeast.saturatingSum(least)
                if stage.isRepeatable { requests = requests.saturatingProduct(1 + again) }
                let sent = requests.saturatingProduct(1 + retries)
                sum.requests = sum.requests.saturatingSum(sent)
                let tokens = stage.tokens(requests: sent, workload, times: 1 + retries)
                sum.inputTokens = sum.inputTokens.saturatingSum(tokens.input)
                sum.outputTokens = sum.outputTokens.saturatingSum(tokens.output)
                sum.peakInFlight = max(sum.peakInFlight, peak)
                sum.duration += duration
                carried = stage.kind == .level ? stage.concurrency : 0
            }
            if let rate = phase.probeRate {
                let probes = Int(min(1e12, (rate * ((sum.duration - before) / .seconds(1))).rounded(.up)))
                sum.requests = sum.requests.saturatingSum(probes)
                let asked = workload.probing(beside: phase.replay)
                sum.inputTokens = sum.inputTokens.saturatingSum(probes.saturatingProduct(asked.longestPrompt))
                sum.outputTokens = sum.outputTokens.saturatingSum(probes.saturatingProduct(Workload.probeTokens))
            }
        }
        sum.requestsLeast = sum.requestsLeast.saturatingProduct(windows.count)
        sum.requests = sum.requests.saturatingProduct(windows.count)
        sum.duration = max(sum.duration, windows.every) * (windows.count - 1) + sum.duration
        return sum
    }
}

/// A row of figures that a plan will bring: a level, a rate, a job.
public struct PlannedRow: Sendable, Hashable {
    public var phase: String
    public var concurrency: Int  // 0 = an open loop, which keeps no number
    public var isLevel: Bool  // one of the streams that its phase tries
    public var requests: Int  // that it measures, about
    public var duration: Duration  // that they take

    /// "16 streams"; the phase's own name where its rows are not told by streams.
    public var name: String { isLevel ? "\(concurrency) stream\(concurrency == 1 ? "" : "s")" : phase }
}

extension RunPlan {
    /// The rows whose requests can be compared with those of another run; `answer` as in `estimate`. Bursts are not among
    /// them: their requests wait for each other.
    public func rows(answer answerAmong: (Int) -> Duration) -> [PlannedRow] {
        phases.flatMap { phase in
            let rows = phase.stages.compactMap { stage -> PlannedRow? in
                let answer = answerAmong(max(1, stage.concurrency))
                guard stage.isRepeatable || stage.jobSize != nil else { return nil }
                var (_, requests, duration) = stage.estimate(answer: answer, carried: stage.concurrency)
                if let closed = stage.closed, let window = closed.window {
                    guard closed.slots > 0 else { return nil }
                    duration = max(window.hold - window.settle, answer)
                    requests = max(window.minRequests, closed.slots.saturatingProduct(rounds(duration, answer)))
                }
                return PlannedRow(
                    phase: phase.name,
                    concurrency: stage.concurrency,
                    isLevel: stage.kind == .level,
                    requests: requests,
                    duration: duration
                )
            }
            guard phase.kind != .ramp, phase.kind != .rate, let first = rows.first else { return rows }
            // Blocks between which other targets have their turns are one row.
            return [
                PlannedRow(
                    phase: first.phase,
                    concurrency: first.concurrency,
                    isLevel: first.isLevel,
                    requests: rows.reduce(0) { $0.saturatingSum($1.requests) },
                    duration: rows.reduce(.zero) { $0 + $1.duration }
                )
            ]
        }
    }
}

extension Stage {
    /// How long it takes where each answer takes so long; nothing follows from it, it is only said.
    public func duration(answer: Duration) -> Duration { estimate(answer: answer, carried: concurrency).duration }

    /// Most that may be in flight. An open loop keeps no number: as many as come while an answer takes 10 s, or its cap.
    public var peakInFlight: Int {
        guard let arrivals else { return concurrency }
        if arrivals.isCapped { return arrivals.limit }
        return min(arrivals.limit, arrivals.mostWithin(.seconds(10)))
    }

    /// At most: a trace says how long its prompts and answers are, of all else the longest counts.
    fileprivate func tokens(requests: Int, _ workload: Workload, times: Int) -> (input: Int, output: Int) {
        if primes { return (requests.saturatingProduct(workload.longestPrompt), requests * Prompts.mostPrimerTokens) }
        if let replay, replay.trace.saysTokens {
            let later = workload.laterTurns(rows: replay.count, replay.trace)
            let untold = replay.trace.untoldAnswers.saturatingProduct(workload.longestAnswer)
            return (
                replay.trace.inputTokens.saturatingSum(later.input).saturatingProduct(times),
                replay.trace.outputTokens.saturatingSum(untold).saturatingSum(later.output).saturatingProduct(times)
            )
        }
        return (
            requests.saturatingProduct(workload.inputPerRequest).saturatingProduct(workload.inputsPerRequest),
            requests.saturatingProduct(workload.longestAnswer)
        )
    }

    fileprivate func estimate(answer: Duration, carried: Int) -> (least: Int, requests: Int, duration: Duration) {
        switch load {
        case .closed(let load):
            return load.estimate(answer: answer, carried: carried, grace: grace)
        case .open(let arrivals):
            let count = Int(min(arrivals.expectedCount.rounded(.up), 1e15))
            // Chance may bring fewer; a law of large numbers away from the mean is certain enough for a limit.
            let least = max(0, Double(count) - 4 * Double(count).squareRoot())
            return (arrivals.isChance ? Int(least) : count, count, arrivals.duration)
        case .wait(let duration):
            return (0, 0, duration)
        case .drain:
            return (0, 0, .zero)
        }
    }
}

extension ClosedLoad {
    /// - Parameter carried: requests in flight from the stage before, which take slots of this one
    fileprivate func estimate(
        answer: Duration,
        carried: Int,
        grace: Duration
    ) -> (least: Int, requests: Int, duration: Duration) {
        guard let window else {
            let requests = budget ?? 0
            let rounds = roundsNeeded(requests, max(1, slots))
            return (requests, requests, answer * rounds + gap * max(0, rounds - 1))
        }
        guard slots > 0 else { return (0, 0, window.hold) }
        let forMinimum = window.settle + answer * roundsNeeded(window.minRequests, slots)
        let held = max(window.hold, min(window.holdMax, forMinimum))
        // One round more: what a wave has begun is waited for, a level stays up until the last measured request has ended.
        let most = slots.saturatingProduct(rounds(held, answer).saturatingSum(1))
        if wave != nil { return (slots, most, held + answer) }
        let least = max(window.minRequests, slots - carried)
        return (least, max(least, most), held + min(answer, grace))
    }
}

extension Workload {
    /// At most, of conversations that a trace's rows begin: turn k comes with the row's question, with k answers and with k − 1
    /// other questions before its own.
    fileprivate func laterTurns(rows: Int, _ trace: Trace) -> (input: Int, output: Int) {
        let more = mostTurns - 1
        guard more > 0 else { return (0, 0) }
        let pairs = rows.saturatingProduct(more * (more + 1) / 2)  // of a turn and a question of before, or its own
        let answers = trace.outputTokens.saturatingSum(trace.untoldAnswers.saturatingProduct(longestAnswer))
        let input = trace.inputTokens.saturatingSum(answers).saturatingProduct(more)
            .saturatingSum(pairs.saturatingProduct(longestPrompt))
            .saturatingSum(rows.saturatingProduct(more * (more - 1) / 2).saturatingProduct(longestAnswer))
        return (input, rows.saturatingProduct(more).saturatingProduct(longestAnswer))
    }

    fileprivate var longestAnswer: Int {
        if !mix.isEmpty { return mix.map(\.workload.longestAnswer).max() ?? 0 }
        return switch source {
        case .synthetic: maxTokens.greatest
        case .list(let prompts): prompts.map { $0.maxTokens ?? maxTokens.greatest }.max() ?? 0
        }
    }

    /// Most input tokens of a request, in a conversation on average over the longest: turn k comes with k questions and
    /// answers before it. Shorter or unfinished conversations have less.
    public var inputPerRequest: Int {
        guard conversations != nil else { return longestPrompt }
        let twice = longestPrompt.saturatingProduct(mostTurns + 1)
            .saturatingSum(longestAnswer.saturatingProduct(mostTurns - 1))
        return twice / 2 + 1
    }

    /// Input tokens of the longest prompt, by four bytes a token where the text is the user's: of what is sent with it as it
    /// stands (tools, messages with parts) as well.
    var longestPrompt: Int {
        if !mix.isEmpty { return mix.map(\.workload.longestPrompt).max() ?? 0 }
        return switch source {
        case .synthetic(let inputTokens): inputTokens
        case .list(let prompts):
            prompts.map { prompt in
                prompt.messages.reduce(0) { $0 + ($1.content.utf8.count + 3) / 4 }
                    + ((prompt.extraBody?.utf8.count ?? 0) + 3) / 4
            }.max() ?? 0
        }
    }
}

/// Rounds of answers that begin within `window`.
private func rounds(_ window: Duration, _ answer: Duration) -> Int {
    let count = (window / answer).rounded(.up)
    return count < 1e15 ? Int(count) : Int.max
}

private func roundsNeeded(_ requests: Int, _ width: Int) -> Int { (requests + width - 1) / width }

extension Int {
    /// The product, or `Int.max` where it does not fit. For numbers that are not negative.
    fileprivate func saturatingProduct(_ other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }

    fileprivate func saturatingSum(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
