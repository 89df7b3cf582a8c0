import Measurement
import Ticks

extension ReportDocument {
    static func target(_ target: TargetResult, isOnly: Bool) -> [Block] {
        var blocks: [Block] = [.detail(.sentence(address(target)))]
        if !isOnly { blocks.insert(.heading("Target \(SafeText.line(target.name))"), at: 0) }
        if !target.notes.isEmpty {
            blocks.append(.detail(.list(target.notes.map { SafeText.line($0, limit: 2000) })))
        }
        for phase in target.phases { blocks += self.phase(phase) }
        return blocks + afterPhases(target)
    }

    /// What is said of a target as a whole.
    static func afterPhases(_ target: TargetResult) -> [Block] {
        wentWrong(target) + limits(target) + ServerBlocks.target(target) + ServedReport.blocks(target) + totals(target)
            + cost(target).map { target.totals.cost == nil ? .detail($0) : $0 } + apart(target)
    }

    static func address(_ target: TargetResult) -> String {
        var parts = [target.model.map { SafeText.line($0) }, target.api.isEmpty ? nil : SafeText.line(target.api)]
        if target.provider != target.name { parts.insert(target.provider.map { SafeText.line($0) }, at: 0) }
        if target.url.isEmpty == false { parts.append(SafeText.line(target.url)) }
        return ([SafeText.line(target.name)] + parts.compactMap { $0 }).joined(separator: " · ")
    }

    static func phase(_ phase: PhaseResult) -> [Block] {
        let isEmpty = phase.stats.requests.scheduled == 0 && phase.steps.isEmpty && phase.bursts.isEmpty
        var blocks: [Block] =
            switch phase.kind {
            case .warmup, .idle, .trickle: []
            case _ where isEmpty: [.sentence("\(heading(phase)): no request was sent.", .dim)]
            case _ where phase.stats.embeddings != nil: embeddings(phase)
            case .ramp: ramp(phase)
            case .burst: bursts(phase)
            case .rate, .replay: phase.steps.count > 1 ? rates(phase) : single(phase)
            case .keepwarm: keepwarm(phase)
            case .steady, .batch, .probe: single(phase)
            }
        if !blocks.isEmpty {
            blocks += conversations(phase)
            blocks += ServerBlocks.phase(phase)
            blocks += probes(phase)
            blocks += tries(phase)
            blocks += power(phase)
            blocks += phaseVerdict(phase).map { .detail($0) }
            blocks += outages(phase)
            blocks += incidents(phase)
        }
        return blocks
    }

    static func heading(_ phase: PhaseResult) -> String {
        let kind =
            switch phase.kind {
            case .warmup: "Warm-up"
            case .ramp: "Ramp"
            case .idle: "Idle"
            case .burst: "Burst"
            case .steady: "Steady load"
            case .rate: "Request rate"
            case .replay: "Replayed traffic"
            case .batch: "Batch"
            case .probe: "Probe"
            case .keepwarm: "Keep-warm"
            case .trickle: "Probes"
            }
        let name = SafeText.line(phase.name)
        let window = phase.window.map { ", time window \($0 + 1)" } ?? ""
        return (name.isEmpty || name == phase.kind.rawValue ? kind : "\(kind) (\(name))") + window
    }

    /// Nothing where the phase is valid: the whole run's line is enough.
    private static func phaseVerdict(_ phase: PhaseResult) -> [Block] {
        guard phase.validity.verdict != .valid else { return [] }
        let reasons = phase.validity.reasons.map { SafeText.line($0, limit: 1000) }.joined(separator: "; ")
        let tone: Tone = phase.validity.verdict == .invalid ? .bad : .caution
        return [.sentence("This phase is \(phase.validity.verdict.rawValue): \(reasons)", tone)]
    }

    /// Beside availability, for how many attempts an outage costs is the back-off's doing.
    private static func outages(_ phase: PhaseResult) -> [Block] {
        guard let down = phase.downSeconds, let length = phase.durationSeconds else { return [] }
        let outages = phase.incidents.filter { $0.kind == .outage }
        let attempts = outages.reduce(0) { $0 + ($1.attempts ?? 0) }
        let times = outages.count == 1 ? "one outage" : "\(outages.count) outages"
        let text =
            "The target was down \(Figure.duration(seconds: down)) of \(Figure.duration(seconds: length)): \(times), "
            + "\(Figure.count(attempts)) attempts. Availability counts attempts, and the back-off decides how many there were."
        return [.sentence(text, .bad)]
    }

    private static let incidentsShown = 5

    /// The server's and the way's to it; those of the load generator itself only in the full report.
    private static func incidents(_ phase: PhaseResult) -> [Block] {
        let theirs = phase.incidents.filter { $0.sentence != nil }
        let ours = phase.incidents.filter { $0.sentence == nil }
        return [incidents(theirs), incidents(ours).map { .detail($0) }].compactMap(\.self)
    }

    /// The longest ones; a machine that is always busy has hundreds.
    private static func incidents(_ incidents: [IncidentResult]) -> Block? {
        let shown = incidents.sorted { $0.lengthSeconds > $1.lengthSeconds }.prefix(incidentsShown)
        guard !shown.isEmpty else { return nil }
        let hidden = incidents.count - shown.count
        let rest =
            hidden == 0
            ? [] : ["and \(Figure.count(hidden)) shorter \(hidden == 1 ? "one" : "ones") (all are in summary.json)"]
        return .list(shown.sorted { $0.startSeconds < $1.startSeconds }.map(words) + rest)
    }

    private static func words(_ incident: IncidentResult) -> String {
        if let sentence = incident.sentence { return sentence + "." }
        let from = "at \(Figure.duration(seconds: incident.startSeconds))"
        let length = incident.endSeconds.map { ", for \(Figure.duration(seconds: $0 - incident.startSeconds))" }
        let attempts = incident.attempts.map { ": \(Figure.count($0)) attempts failed" }
        let detail = incident.detail.map { ": " + SafeText.line($0, limit: 1000) } ?? attempts
        let kind = incident.kind.rawValue.replacing("_", with: " ")
        return "\(kind) \(from)\(length ?? "")\(detail ?? "")"
    }

    // MARK: After the phases

    static func wentWrong(_ target: TargetResult) -> [Block] {
        let requests = target.totals.requests
        let ours = target.totals.outcomes[.clientResource] ?? 0
        guard requests.failed + requests.throttled + ours > 0 || !target.failures.isEmpty else { return [] }
        var sentence =
            "Of \(Figure.count(requests.scheduled)) requests \(Figure.count(requests.success)) succeeded, "
            + "\(Figure.count(requests.failed)) failed, \(Figure.count(requests.throttled)) were throttled"
        sentence +=
            requests.excluded > 0
            ? " and \(Figure.count(requests.excluded)) are not counted (never sent, or stopped by spate)." : "."
        if let availability = target.totals.availability {
            let bounds = Figure.interval(
                availability.interval.lower,
                availability.interval.upper,
                Figure.percent(share:)
            )
            sentence += " Available \(Figure.percent(share: availability.value))"
            sentence += bounds.map { " (95\(Figure.space)% interval \($0))." } ?? "."
        }
        let kinds = target.failures.map { failure in
            "\(Figure.count(failure.requests)) × \(failure.outcome.rawValue), \(failure.outcome.meaning)\(words(failure))"
        }
        return [.heading("What went wrong"), .sentence(sentence)] + (kinds.isEmpty ? [] : [.list(kinds)])
    }

    /// Whole: what a server said is the first thing to search for.
    private static func words(_ failure: FailureResult) -> String {
        let parts = [failure.httpStatus.map { "HTTP \($0)" }, failure.detail, failure.words]
        let shown = parts.compactMap { $0.map { SafeText.line($0, limit: 4000) } }.filter { !$0.isEmpty }
        return shown.isEmpty ? "" : ": " + shown.joined(separator: " · ")
    }

    static func totals(_ target: TargetResult) -> [Block] {
        let totals = target.totals
        let source =
            switch target.tokenSource {
            case .usage: "as the server counted them"
            case .events: "counted from events: the server did not say"
            case nil: totals.outputTokens > 0 ? "no answer was a success" : "none counted"
            }
        var sentence =
            "In all \(Figure.count(totals.requests.scheduled)) requests, \(Figure.count(totals.inputTokens)) input and "
            + "\(Figure.count(totals.outputTokens)) output tokens (\(source))."
        if let vectors = totals.embeddings { sentence += " \(Figure.count(vectors)) embeddings were returned." }
        if totals.reasoningTokens > 0 {
            sentence += " Reasoning: \(Figure.count(totals.reasoningTokens)) of the output tokens."
        }
        if totals.cachedInputTokens > 0 {
            sentence += " Cached by the server: \(Figure.count(totals.cachedInputTokens)) of the input tokens."
        }
        if totals.cacheWrittenTokens > 0 {
            sentence += " Into the cache went \(Figure.count(totals.cacheWrittenTokens)) tokens of the input."
        }
        if let attainment = totals.sloAttainment {
            sentence += " The SLO was met by \(Figure.percent(share: attainment)) of the requests."
        }
        var blocks: [Block] = [.detail(.heading("Totals")), .detail(.sentence(sentence))]
        blocks += prefixCache(target)
        if let length = target.inputLength {
            blocks.append(length.isOff ? promptLength(length) : .detail(promptLength(length)))
        }
        return blocks
    }

    /// What the totals leave out.
    static func apart(_ target: TargetResult) -> [Block] {
        var blocks: [Block] = []
        if let waited = target.waitedReadySeconds {
            let text =
                "It was ready after \(Figure.duration(seconds: waited)) of waiting, its cold start as seen from here."
            blocks.append(.sentence(text))
        }
        var preflight = target.preflight  // a look at a list of models generates nothing
        preflight.requests -= target.preflightGets
        let apart = [("warm-up", target.warmup), ("preflight", preflight), ("probe", probes(target))]
            .filter { $0.1.requests > 0 }
        if !apart.isEmpty {
            var list = apart.map { name, tally in
                let price = tally.dollars.flatMap { $0 > 0 ? ", \(Figure.dollars($0))" : nil } ?? ""
                let what = tally.requests == 1 ? "request" : "requests"
                return
                    "\(Figure.count(tally.requests)) \(name) \(what) (\(Figure.count(tally.outputTokens)) output tokens\(price))"
            }
            if target.preflightGets > 0 {
                let times = target.preflightGets == 1 ? "one look" : "\(Figure.count(target.preflightGets)) looks"
                list.append("\(times) at the list of models")
            }
            blocks.append(.detail(.sentence("Not counted above: \(list.joined(separator: ", ")).", .dim)))
        }
        return blocks
    }
}
