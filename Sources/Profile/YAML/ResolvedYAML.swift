public import Schedule
import Ticks
import Wire

extension Profile {
    /// The complete profile as YAML: every key written out, no secret in it, and reading it gives an equal profile.
    public func resolvedYAML() -> String {
        var lines = ["name: \(quoted(name))", "seed: \(seed)"]
        if !providers.isEmpty {
            lines.append("providers:")
            lines += providers.map { "  \(quoted($0.name)): \($0.json)" }
        }
        lines.append("targets:")
        for target in targets { lines += target.lines }
        lines.append("order: \(order.rawValue)")
        if windows.count > 1 {
            lines.append("windows: {count: \(windows.count), every: \(Units.text(windows.every))}")
        }
        lines.append("workload:")
        lines += indented(workload.lines(promptFiles: promptFiles))
        lines.append("warmup: {requests: \(warmupRequests)}")
        lines.append("phases:")
        lines += phases.map { "  - " + $0.line }
        lines.append("timeouts: \(timeouts.text)")
        lines.append("drain: {grace: \(Units.text(grace))}")
        lines.append("limits: \(limits.text)")
        lines.append("retries: \(retries)")
        if let slo = objectives.text { lines.append("slo: \(slo)") }
        if !thresholds.isEmpty {
            lines.append("thresholds:")
            lines += thresholds.map { "  - " + quoted($0) }
        }
        lines.append(
            "output: {dir: \(quoted(output.folder)), html: \(output.html), requests: \(output.requests.rawValue)}"
        )
        return lines.joined(separator: "\n") + "\n"
    }
}

func quoted(_ text: String) -> String { JSONText.quoted(text) }

private func indented(_ lines: [String]) -> [String] { lines.map { "  " + $0 } }

func flow(_ members: [(String, String?)]) -> String {
    "{" + members.compactMap { name, value in value.map { "\(name): \($0)" } }.joined(separator: ", ") + "}"
}

extension Target {
    fileprivate var lines: [String] {
        var lines = ["name: \(quoted(name))"]
        switch location {
        case .simulated(let scenario):
            lines.append("provider: \(ProviderCatalogue.simulated)")
            lines.append("scenario:")
            lines += indented(scenario.lines)
        case .remote(let address):
            lines.append("provider: \(quoted(provider.name))")
            lines.append("url: \(quoted(address.url))")
            if let query = address.query { lines.append("query: \(quoted(query))") }
        }
        lines.append("api: \(provider.api.rawValue)")
        if let model { lines.append("model: \(quoted(model))") }
        switch key {
        case .environment(let name): lines.append("key: {env: \(quoted(name))}")
        case .file(let path): lines.append("key: {file: \(quoted(TextFile.absolute(path)))}")
        case .command(let words):
            lines.append("key: {command: [\(words.map(quoted).joined(separator: ", "))]}")
        case nil: break
        }
        if price != Price() { lines.append("price: \(price.yaml)") }
        if let tier { lines.append("tier: \(tier.name)") }
        if let gatewayTo { lines.append("gateway_to: \(quoted(gatewayTo))") }
        if let servedBy = provider.servedBy, servedBy != preset?.provider.servedBy {
            lines.append("served_by: \(servedBy.yaml)")
        }
        if !headers.isEmpty {
            lines.append("headers: \(flow(headers.map { (quoted($0.name), quoted($0.value)) }))")
        }
        if isInsecure { lines.append("insecure: true") }
        lines += connection.lines
        if !metrics.isEmpty { lines.append("metrics: [\(metrics.map { quoted($0.text) }.joined(separator: ", "))]") }
        if breakerAfter != Target.standardBreaker {
            lines.append("breaker: \(breakerAfter.map { "{after: \(Units.text($0))}" } ?? "off")")
        }
        return lines.enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
    }
}

extension Workload {
    fileprivate func lines(promptFiles: [String?]) -> [String] {
        var lines: [String] = []
        var files = promptFiles[...]
        if let kind { lines.append("kind: \(kind.rawValue)") }
        if mix.isEmpty {
            lines += ["prompts:", "  calibrate: \(calibrates)"] + primeLines + indented(promptLines(&files))
        } else {
            lines += ["prompts:", "  calibrate: \(calibrates)"] + primeLines
            lines += ["  cache: \(cache.rawValue)", "  mix:"]
            for part in mix {
                let own = ["weight: \(part.weight)", "max_tokens: \(part.workload.maxTokens.yaml)"]
                let all = own + part.workload.promptLines(&files)
                lines += all.enumerated().map { ($0.offset == 0 ? "    - " : "      ") + $0.element }
            }
        }
        lines.append("max_tokens: \(maxTokens.yaml)")
        if let impatience { lines.append("cancel: {share: \(impatience.share), after: \(impatience.after.yaml)}") }
        if let conversations {
            lines.append(
                "conversation: {turns: \(conversations.turns.yaml), think: \(conversations.think.yaml)"
                    + (conversations.session.map { ", session: \($0.yaml)}" } ?? "}")
            )
        }
        lines.append("temperature: \(temperature.map { "\($0)" } ?? "none")")
        lines.append("ignore_eos: \(ignoreEOS)")
        lines.append("reasoning: \(reasoning.rawValue)")
        if !streams { lines.append("stream: false") }
        if let lengthIsUseful { lines.append("length_is_useful: \(lengthIsUseful)") }
        if inputsPerRequest != 1 { lines.append("inputs_per_request: \(inputsPerRequest)") }
        if let expectation { lines.append("expect: \(expectation.text)") }
        if let extraBody { lines.append("extra_body: \(extraBody)") }
        return lines
    }

    private var primeLines: [String] { primes ? ["  prime: true"] : [] }

    private func promptLines(_ files: inout ArraySlice<String?>) -> [String] {
        switch source {
        case .synthetic(let tokens):
            let members = [
                ("input_tokens", (inputLength ?? .fixed(tokens)).yaml),
                ("shared_prefix", sharedPrefix > 0 ? "\(sharedPrefix)" : nil),
            ]
            return ["synthetic: \(flow(members))", "cache: \(cache.rawValue)"]
        case .list(let prompts):
            if let file = files.popFirst() ?? nil { return ["file: \(quoted(file))", "cache: \(cache.rawValue)"] }
            return ["cache: \(cache.rawValue)", "list:"] + prompts.map { "  - " + $0.text }
        }
    }
}

extension Prompt {
    fileprivate var text: String {
        let texts = messages.map { "{role: \(quoted($0.role)), content: \(quoted($0.content))}" }
        return flow([
            ("messages", "[\(texts.joined(separator: ", "))]"), ("max_tokens", maxTokens.map { "\($0)" }),
            ("expect", expectation?.text), ("extra_body", extraBody),
        ])
    }
}

extension AnswerExpectation {
    fileprivate var text: String {
        flow([
            ("contains", contains.isEmpty ? nil : "[\(contains.map(quoted).joined(separator: ", "))]"),
            ("regex", regex.map(quoted)), ("json", json ? "true" : nil), ("min_chars", minChars.map { "\($0)" }),
        ])
    }
}

extension PhaseShape {
    fileprivate var line: String { "\(kind.rawValue): \(written.text)" }

    private var written: any WrittenShape {
        switch self {
        case .ramp(let shape): shape
        case .idle(let duration): Idle(duration)
        case .burst(let shape): shape
        case .steady(let shape): shape
        case .rate(let shape): shape
        case .replay(let shape): shape
        case .batch(let shape): shape
        case .probe(let shape): shape
        case .keepwarm(let shape): shape
        }
    }
}

extension Timeouts {
    fileprivate var text: String {
        flow([
            ("connect", Units.text(connect)), ("first_token", Units.text(firstToken)), ("idle", Units.text(idle)),
            ("total", Units.text(total)),
        ])
    }
}

extension Limits {
    fileprivate var text: String {
        flow([
            ("max_requests", maxRequests.map(String.init)), ("max_output_tokens", maxOutputTokens.map(String.init)),
            ("max_cost", maxCost.map { "\($0)" }), ("max_in_flight", String(maxInFlight)),
        ])
    }
}

extension Profile.Objectives {
    fileprivate var text: String? {
        guard ttft != nil || tpot != nil || e2e != nil else { return nil }
        return flow([("ttft", ttft.map(Units.text)), ("tpot", tpot.map(Units.text)), ("e2e", e2e.map(Units.text))])
    }
}

extension Scenario {
    /// The scenario as a YAML file: reading it gives an equal scenario.
    public func resolvedYAML() -> String { lines.joined(separator: "\n") + "\n" }

    fileprivate var lines: [String] {
        let shares = [
            ("rate_limited", failures.rateLimited), ("server_error", failures.serverError),
            ("truncated", failures.truncated), ("empty", failures.empty), ("inband_error", failures.inbandError),
            ("stalled", failures.stalled),
        ]
        return [
            "name: \(quoted(name))",
            "replicas: {min: \(replicasMin), max: \(replicasMax)}",
            "slots: \(slotsPerReplica)",
            "cold_start: \(coldStart.yaml)",
            "idle_timeout: \(idleTimeout?.yaml ?? "never")",
            "scale_up: {load_per_replica: \(scaleUp.loadPerReplica), delay: \(Units.text(scaleUp.delay))}",
            "prefill: {base: \(Units.text(prefill.base)), per_1k_tokens: \(Units.text(prefill.perThousandTokens))}",
            "step: {base: \(Units.text(step.base)), per_active: \(Units.text(step.perActive))}",
            "queue_limit: \(queueLimit)",
            "tokens_per_step: \(tokensPerStep)",
            "jitter: \(jitter)",
            "hours: [\(hours.map { "{at: \(Units.text($0.at)), speed: \($0.speed)}" }.joined(separator: ", "))]",
            "stops_after: \(stopsAfter.map { "[\($0.lowerBound), \($0.upperBound)]" } ?? "never")",
            "time_scale: \(timeScale)",
            "seed: \(seed)",
            "failures: \(flow(shares.map { ($0.0, "\($0.1)") }))",
            "faults: [\(faults.map(\.rawValue).joined(separator: ", "))]",
            "dialect: \(dialect ?? "none")",
            "metrics: \(metrics?.rawValue ?? "none")",
            "prompt_tokens: {bytes_per_token: \(promptTokens.bytesPerToken), template: \(promptTokens.template)}",
            "reasoning_tokens: \(reasoningTokens)",
            "cached_share: \(cachedShare)",
        ] + (habits.text.map { ["habits: \($0)"] } ?? []) + (serving.text.map { ["serving: \($0)"] } ?? [])
    }
}

extension Workload.Conversations.Session {
    fileprivate var yaml: String {
        switch self {
        case .preset: "true"
        case .header(let name): "{header: \(quoted(name))}"
        case .body(let name): "{body: \(quoted(name))}"
        case .echo(let name): "{echo: \(quoted(name))}"
        }
    }
}
