/// What a ramp, or a search for the most streams, found.
struct RampHeadline {
    private let phase: PhaseResult
    /// Each level at its first visit, ascending.
    private let levels: [StepResult]
    private let isEmbeddings: Bool
    /// Whether answers have a first token: else their end is what a user waits for.
    private let hasFirstToken: Bool

    /// Of the requests, for a level to keep the SLO.
    static let kept = 0.95

    init(_ phase: PhaseResult) {
        self.phase = phase
        var seen: Set<Int> = []
        levels = phase.steps.filter { seen.insert($0.concurrency ?? 0).inserted && $0.concurrency != nil }
            .sorted { ($0.concurrency ?? 0) < ($1.concurrency ?? 0) }
        isEmbeddings = phase.stats.embeddings != nil
        hasFirstToken = levels.contains { $0.stats.ttftMilliseconds != nil } && !isEmbeddings
    }

    var candidates: [Headline.Candidate] {
        if let find = phase.find { return [search(find)].compactMap(\.self) }
        return [best, cost, objective, queue].compactMap(\.self)
    }

    // MARK: The best level

    /// The knee; where it was not reached or cannot be told, the level with the most throughput.
    private var bestLevel: StepResult? {
        if let knee = phase.knee?.concurrency { return levels.first { $0.concurrency == knee } }
        return levels.max { (throughput($0) ?? 0) < (throughput($1) ?? 0) }
    }

    private var next: StepResult? {
        guard let knee = phase.knee?.concurrency, let upper = phase.knee?.bracket.last, upper > knee else { return nil }
        return levels.first { $0.concurrency == upper }
    }

    private var best: Headline.Candidate? {
        guard let level = bestLevel, let rate = throughput(level) else { return nil }
        let isKnee = phase.knee?.concurrency != nil
        let word = isKnee ? "Best" : levels.count == 1 ? "At" : "Most throughput"
        let colon = levels.count == 1 ? " " : ": "
        var parts = [
            "\(level.load)\(isKnee || levels.count > 1 ? "," : ":") \(inWords(rate)) \(isEmbeddings ? "embeddings/s" : "tok/s")"
        ]
        var figures = [key(isEmbeddings ? "embeddings_per_second" : "output_tokens_per_second", level)]
        if let user = level.stats.requestTPS?.p50, !isEmbeddings {
            parts.append("\(inWords(user)) per user")
            figures.append(key("request_tps.p50", level))
        }
        if let wait = latency(level)?.p95 {
            parts.append("\(hasFirstToken ? "first token" : "answer") within \(inTime(milliseconds: wait)) (p95)")
            figures.append(key(hasFirstToken ? "ttft.p95" : "e2e.p95", level))
        }
        var text = word + colon + parts.joined(separator: ", ") + "."
        if phase.knee != nil, !isKnee, let last = levels.last?.concurrency {
            text += " The knee was not reached up to \(inCount(last, "stream"))."
        }
        let rows = kneeRows
        return resting(on: rows, 1, text, figures) ?? withheld(rows)
    }

    /// Whether a level is the knee rests on the lowest, on itself and on the one after it.
    var kneeRows: [StepResult] {
        (phase.knee == nil ? [bestLevel] : [levels.first, bestLevel, next]).compactMap(\.self)
    }

    private func withheld(_ rows: [StepResult]) -> Headline.Candidate? {
        guard case .none(let invalid) = Footing(levels: rows) else { return nil }
        let names = invalid.joined(separator: ", ")
        return Headline.Candidate(
            1,
            "No answer on where more load stops paying: \(names) disturbed by the load generator.",
            trust: .disturbed
        )
    }

    // MARK: The next level

    /// What the level after the knee costs, and what it brings.
    private var cost: Headline.Candidate? {
        guard let level = bestLevel, let next, let before = throughput(level), before > 0, let after = throughput(next),
            let streams = next.concurrency
        else { return nil }
        let gain = after / before - 1
        let brought =
            switch gain {
            case 0.1...: ", \(percent(gain)) more comes out"
            case 0.02...: " only \(percent(gain)) more comes out"
            case (-0.02)...: " nothing more comes out"
            default: ", \(percent(-gain)) less comes out"
            }
        guard let price = price(from: level, to: next) else {
            return resting(on: [level, next], 2, "At \(inWords(Double(streams)))\(brought).", figures(level, next))
        }
        return resting(
            on: [level, next],
            2,
            "At \(inWords(Double(streams)))\(brought) \(gain >= 0.1 ? "but" : "and") \(price).",
            figures(level, next)
        )
    }

    private func percent(_ share: Double) -> String { inWords((100 * share).rounded()) + " %" }

    private func price(from level: StepResult, to next: StepResult) -> String? {
        let what = hasFirstToken ? "the first token" : "an answer"
        if let before = latency(level)?.p95, let after = latency(next)?.p95, before > 0 {
            let rise = after / before
            if rise >= 2 {
                return
                    "\(what) takes \(rise >= 9.95 ? inWords(rise.rounded()) : inWords((10 * rise).rounded() / 10)) times as long"
            }
            if rise >= 1.1 { return "\(what) takes \(inWords((100 * (rise - 1)).rounded())) % longer" }
        }
        if let before = level.stats.requestTPS?.p50, let after = next.stats.requestTPS?.p50, before > 0, !isEmbeddings,
            after < 0.95 * before
        {
            return "each user gets \(inWords((100 * (1 - after / before)).rounded())) % less"
        }
        return nil
    }

    private func figures(_ level: StepResult, _ next: StepResult) -> [String] {
        [level, next].flatMap {
            [
                key(isEmbeddings ? "embeddings_per_second" : "output_tokens_per_second", $0),
                key(hasFirstToken ? "ttft.p95" : "e2e.p95", $0),
            ]
        }
    }

    // MARK: The promise

    /// The largest load up to which at least 95 of 100 requests met the profile's SLO.
    private var objective: Headline.Candidate? {
        let told = levels.compactMap { level in level.stats.sloAttainment.map { (level: level, share: $0) } }
        guard !told.isEmpty else { return nil }
        let good = told.prefix { $0.share >= Self.kept }
        let beyond = told.dropFirst(good.count).first
        var text: String
        if let last = good.last {
            text = "The SLO is kept up to \(last.level.load) (met by \(inPercent(last.share)) of the requests)"
            text +=
                beyond.map { "; at \(inWords(Double($0.level.concurrency ?? 0))) by \(inPercent($0.share))." }
                ?? ", the most that was tried."
        } else if let beyond {
            text = "No level keeps the SLO: at \(beyond.level.load) \(inPercent(beyond.share)) of the requests meet it."
        } else {
            return nil
        }
        let rows = [good.last?.level, beyond?.level].compactMap(\.self)
        return resting(on: rows, 1, text, rows.map { key("slo_attainment", $0) })
    }

    /// Where requests wait, by the server's own word.
    private var queue: Headline.Candidate? {
        guard let queue = ServerQueue(phase.steps), queue.from != nil else { return nil }
        return Headline.Candidate(2, queue.sentence(phase.toldKnee))
    }

    private func search(_ find: FindResult) -> Headline.Candidate? {
        guard find.isComplete else { return Headline.Candidate(1, find.sentence) }
        if find.isDisturbed {
            return Headline.Candidate(
                1,
                "No answer on how many streams keep \(find.expression): the load generator itself decided it.",
                trust: .disturbed
            )
        }
        let rows = phase.steps.filter { [find.answer, find.firstBeyond].contains($0.concurrency) }
        return resting(on: rows, 1, find.sentence, ["\(phase.name).find.answer"])
            ?? Headline.Candidate(
                1,
                "No answer on how many streams keep \(find.expression): the load generator disturbed the search.",
                trust: .disturbed
            )
    }

    // MARK: Figures

    private func throughput(_ step: StepResult) -> Double? {
        isEmbeddings ? step.stats.embeddingsPerSecond : step.stats.outputTokensPerSecond
    }

    private func latency(_ step: StepResult) -> DistributionSummary? {
        hasFirstToken ? step.stats.ttftMilliseconds : step.stats.e2eMilliseconds
    }

    private func key(_ figure: String, _ step: StepResult) -> String {
        "\(phase.name).\(figure)[concurrency=\(step.concurrency ?? 0)]"
    }

    private func resting(on rows: [StepResult], _ rank: Int, _ text: String, _ figures: [String]) -> Headline.Candidate?
    {
        .resting(
            on: rows.map { NamedRow(name: $0.load, validity: $0.validity) },
            rank,
            text,
            figures: figures
        )
    }
}
