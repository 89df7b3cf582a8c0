import Measurement
import Ticks

/// What is said of a target.
enum TargetSection {
    static func blocks(_ target: TargetResult, isOnly: Bool) -> [Block] {
        var blocks: [Block] = [.detail(.sentence(address(target)))]
        if !isOnly { blocks.insert(.heading("Target \(SafeText.line(target.name))"), at: 0) }
        if !target.notes.isEmpty {
            blocks.append(.detail(.list(target.notes.map { SafeText.line($0, limit: 2000) })))
        }
        for phase in target.phases { blocks += PhaseSection.blocks(phase) }
        return blocks + afterPhases(target)
    }

    /// What is said of a target as a whole.
    static func afterPhases(_ target: TargetResult) -> [Block] {
        wentWrong(target) + LimitsSection.blocks(target) + ServerSection.target(target) + ServedSection.blocks(target)
            + totals(target)
            + CostSection.blocks(target).map { target.totals.cost == nil ? .detail($0) : $0 } + apart(target)
    }

    static func address(_ target: TargetResult) -> String {
        var parts = [target.model.map { SafeText.line($0) }, target.api.isEmpty ? nil : SafeText.line(target.api)]
        if target.provider != target.name { parts.insert(target.provider.map { SafeText.line($0) }, at: 0) }
        if target.url.isEmpty == false { parts.append(SafeText.line(target.url)) }
        return ([SafeText.line(target.name)] + parts.compactMap { $0 }).joined(separator: " · ")
    }

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
        blocks += PrefixCacheSection.blocks(target)
        if let length = target.inputLength {
            let block = PromptSection.length(length)
            blocks.append(length.isOff ? block : .detail(block))
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
        let apart = [("warm-up", target.warmup), ("preflight", preflight), ("probe", ProbeSection.tally(target))]
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
