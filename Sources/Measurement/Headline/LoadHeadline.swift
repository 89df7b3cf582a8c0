import Ticks

/// What a phase with one kind of load found: steady, batch, single probes, requests at a rate, a replayed trace.
struct LoadHeadline {
    private let phase: PhaseResult
    private let stats: RequestStatistics

    init(_ phase: PhaseResult) {
        self.phase = phase
        stats = phase.steps.count == 1 ? phase.steps[0].stats : phase.stats
    }

    var candidates: [Headline.Candidate] {
        let first =
            switch phase.kind {
            case .batch: phase.batch.map(batch) ?? load
            case .probe: probes
            default: load
            }
        return [resting(1, first, figures), change, drift, conversation].compactMap(\.self)
    }

    var openLoop: [Headline.Candidate] {
        phase.steps.count > 1
            ? [kept].compactMap(\.self) : [resting(1, load, figures), change, drift, conversation].compactMap(\.self)
    }

    // MARK: One load

    private var load: String {
        let subject: String
        if let step = phase.steps.first, phase.steps.count == 1 {
            let length = phase.durationSeconds.map { " for \(inTime(seconds: $0))" } ?? ""
            if let trace = step.openLoop?.trace {
                let speed = trace.speed == 1 ? "at its own speed" : "\(inWords(trace.speed)) times as fast"
                subject = "\(inCount(trace.due, "request")) of \(trace.name), \(speed)"
            } else {
                subject = step.load + length
            }
            if let open = step.openLoop, open.saturatedAtSeconds != nil {
                return "\(subject): given up, requests came faster than they were answered."
            }
        } else {
            subject = inCount(phase.stats.requests.scheduled, "request")
        }
        return "\(subject): \(parts.joined(separator: ", "))."
    }

    private var parts: [String] {
        var parts: [String] = []
        if let rate = stats.embeddingsPerSecond {
            parts.append("\(inWords(rate)) embeddings/s")
        } else if let rate = stats.outputTokensPerSecond {
            parts.append("\(inWords(rate)) tok/s")
        }
        if let user = stats.requestTPS?.p50 { parts.append("\(inWords(user)) per user") }
        parts += latency
        return parts
    }

    /// From when it was due, in an open loop: a queue is a wait too.
    private var latency: [String] {
        let isOpen = phase.loop == .open
        if let ttft = isOpen ? stats.ttftScheduledMilliseconds : stats.ttftMilliseconds, let p95 = ttft.p95 {
            return ["first token within \(inTime(milliseconds: p95)) (p95)"]
        }
        if let e2e = isOpen ? stats.e2eScheduledMilliseconds : stats.e2eMilliseconds, let p95 = e2e.p95 {
            return ["answer within \(inTime(milliseconds: p95)) (p95)"]
        }
        return []
    }

    private var figures: [String] {
        ["output_tokens_per_second", "ttft.p95"].map { "\(phase.name).\($0)" }
    }

    private func batch(_ batch: BatchResult) -> String {
        let prompts = batch.prompts ?? batch.promptsEnded
        let width = batch.concurrency.map { ", \(inWords(Double($0))) at a time" } ?? ""
        let took = batch.makespanSeconds.map { inTime(seconds: $0) } ?? "?"
        var text =
            batch.promptsEnded < prompts
            ? "The job is not finished: \(inWords(Double(batch.promptsEnded))) of \(inCount(prompts, "prompt")) in \(took)\(width)"
            : "\(inCount(prompts, "prompt")) took \(took)\(width)"
        if let rate = stats.embeddingsPerSecond ?? stats.outputTokensPerSecond {
            text += ": \(inWords(rate)) \(stats.embeddings == nil ? "tok/s" : "embeddings/s")"
        }
        if let each = stats.cost?.dollarsPerUsefulResult { text += ", $\(inWords(each)) per useful answer" }
        return text + "."
    }

    /// The scatter with its number; what makes it is said only where that is known.
    private var probes: String {
        var parts: [String] = []
        if let ttft = stats.ttftMilliseconds, let p50 = ttft.p50, let p95 = ttft.p95 {
            parts.append("first token in \(inTime(milliseconds: p50)) (p50), \(inTime(milliseconds: p95)) (p95)")
            if let cv = ttft.cvPercent { parts.append("CV \(inWords(cv.rounded())) %") }
        } else {
            parts += latency
        }
        return "\(inCount(stats.requests.scheduled, "single request")): \(parts.joined(separator: ", "))."
    }

    // MARK: Several rates

    /// The highest rate up to which requests were answered as they came.
    private var kept: Headline.Candidate? {
        let rated = phase.steps.filter { ($0.openLoop?.offeredRPS ?? 0) > 0 }
            .sorted { ($0.openLoop?.offeredRPS ?? 0) < ($1.openLoop?.offeredRPS ?? 0) }
        guard !rated.isEmpty else { return resting(1, load, figures) }
        let good = rated.prefix(while: Self.keepsUp)
        let beyond = rated.dropFirst(good.count).first
        var text: String
        if let last = good.last {
            text = "Up to \(last.load) are answered as they come"
            let wait = last.stats.ttftScheduledMilliseconds ?? last.stats.e2eScheduledMilliseconds
            if let p95 = wait?.p95 {
                let what = last.stats.ttftScheduledMilliseconds == nil ? "answer" : "first token"
                text += " (\(what) within \(inTime(milliseconds: p95)), p95)"
            }
            if let beyond, let offered = beyond.openLoop?.offeredRPS, let achieved = beyond.openLoop?.achievedRPS {
                text += "; of \(inWords(offered)) requests/s \(inWords(achieved)) are"
            }
        } else {
            text =
                "No rate was answered as it came: of \(rated[0].load) \(inWords(rated[0].openLoop?.achievedRPS ?? 0)) were"
        }
        let rows = [good.last, beyond].compactMap(\.self).map { NamedRow(name: $0.load, validity: $0.validity) }
        return .resting(on: rows, 1, text + ".", figures: ["\(phase.name).ttft_scheduled.p95"])
            ?? Headline.Candidate(
                1,
                "No answer on which rate the server keeps up with: the load generator disturbed those rows.",
                trust: .disturbed
            )
    }

    /// 95 of 100 requests that fell due were answered in the window, and the step was not given up.
    private static func keepsUp(_ step: StepResult) -> Bool {
        guard let open = step.openLoop, let offered = open.offeredRPS, let achieved = open.achievedRPS else {
            return false
        }
        return open.saturatedAtSeconds == nil && achieved >= 0.95 * offered
    }

    // MARK: Over time, over turns

    private var change: Headline.Candidate? {
        let sentences = phase.changeSentences
        guard let first = sentences.first else { return nil }
        let more = sentences.count > 1 ? ", the first of \(sentences.count) changes" : ""
        let names = Set(phase.changePoints.map(\.figure)).sorted()
        let text = "Not steady: \(first) at the same load\(more)."
        return resting(2, text, names.map { "\(phase.name).change_points.\($0)" })
    }

    private var drift: Headline.Candidate? {
        let drifting = phase.drift.filter { $0.value.verdict == .drifting && !$0.key.hasPrefix("tool_") }
        guard !drifting.isEmpty, let seconds = phase.durationSeconds else { return nil }
        let names = drifting.keys.sorted().map { DriftResult.name(of: $0) }.joined(separator: ", ")
        let text = "Not steady: \(names) drifted over \(inTime(seconds: seconds)) at the same load."
        return resting(2, text, drifting.keys.sorted().map { "\(phase.name).drift.\($0)" })
    }

    private var conversation: Headline.Candidate? {
        guard phase.conversations != nil, let turns = phase.steps.first?.turns, phase.steps.count == 1, turns.count > 1,
            let first = turns.first?.ttftMilliseconds?.p50, let last = turns.last?.ttftMilliseconds?.p50,
            let number = turns.last?.turn
        else { return nil }
        let text =
            "The first token takes \(inTime(milliseconds: first)) in turn 1 and \(inTime(milliseconds: last)) in turn \(number) (p50)."
        return resting(2, text, ["\(phase.name).turns"])
    }

    private func resting(_ rank: Int, _ text: String, _ figures: [String]) -> Headline.Candidate? {
        let validity = phase.steps.count == 1 ? phase.steps[0].validity : phase.rowValidity
        return .resting(
            on: [NamedRow(name: phase.label, validity: validity)],
            rank,
            text,
            figures: figures
        )
    }
}
