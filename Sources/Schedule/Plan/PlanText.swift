import Ticks

/// The canonical text of a plan, and its hash: what two runs must share for their loads to be the same.
///
/// One line per fact, times in nanoseconds, texts as length and digest. In it: the seed, the workload and every stage.
/// Not in it: targets, timeouts, limits, which do not change what is scheduled.
extension RunPlan {
    /// SHA-256 of the canonical text, 64 hexadecimal digits.
    public var scheduleSHA256: String {
        var hash = SHA256()
        hash.update(canonicalText.utf8)
        return hash.hexDigest()
    }

    var canonicalText: String {
        var lines = ["spate.schedule/2", "seed \(seed)"]
        if windows.count > 1 { lines.append("windows \(windows.count) every=\(windows.every.nanoseconds)") }
        lines += workload.canonicalLines
        for phase in phases {
            lines.append("phase \(phase.kind.rawValue) \(phase.name)")
            if let rate = phase.probeRate { lines.append("probe_rate \(rate)") }
            lines += phase.stages.map(\.canonicalLine)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Workload {
    fileprivate var canonicalLines: [String] {
        var lines: [String] = []
        switch source {
        case .synthetic(let inputTokens): lines.append("prompts synthetic \(inputTokens)")
        case .list(let prompts):
            var hash = SHA256()
            for prompt in prompts {
                hash.update("prompt \(prompt.maxTokens.map(String.init) ?? "-")\n".utf8)
                if let id = prompt.id { hash.update("id \(id.utf8.count) \(id)\n".utf8) }
                if let extra = prompt.extraBody { hash.update("extra \(extra.utf8.count) \(extra)\n".utf8) }
                for message in prompt.messages {
                    hash.update("\(message.role.utf8.count) \(message.content.utf8.count)\n".utf8)
                    hash.update(message.role.utf8)
                    hash.update(message.content.utf8)
                }
            }
            lines.append("prompts list \(prompts.count) \(hash.hexDigest())")
        }
        lines.append("cache \(cache.rawValue)")
        lines.append("max_tokens \(maxTokens.canonical)")
        if let inputLength { lines.append("input_tokens \(inputLength.canonical)") }
        if let lengthIsUseful { lines.append("length_is_useful \(lengthIsUseful)") }
        if inputsPerRequest != 1 { lines.append("inputs_per_request \(inputsPerRequest)") }
        if sharedPrefix > 0 { lines.append("shared_prefix \(sharedPrefix)") }
        for part in mix { lines += ["part \(part.weight)"] + part.workload.canonicalLines.map { "  " + $0 } }
        if let impatience { lines.append("cancel \(impatience.share) \(impatience.after)") }
        if let conversations {
            lines.append("conversations turns=\(conversations.turns.canonical) think=\(conversations.think)")
        }
        lines.append("temperature \(temperature.map { "\($0)" } ?? "-")")
        lines.append("ignore_eos \(ignoreEOS)")
        lines.append("reasoning \(reasoning.rawValue)")
        if let extraBody {
            var hash = SHA256()
            hash.update(extraBody.utf8)
            lines.append("extra_body \(extraBody.utf8.count) \(hash.hexDigest())")
        }
        return lines
    }
}

extension Stage {
    fileprivate var canonicalLine: String {
        var line = "stage \(kind.rawValue)"
        switch load {
        case .closed(let load): line += " " + load.canonicalText
        case .open(let arrivals): line += " " + arrivals.canonicalText
        case .wait(let duration): line += " wait=\(duration.nanoseconds)"
        case .drain: break
        }
        if let burst { line += " burst=\(burst)" }
        if let block { line += " block=\(block)" }
        return line + " grace=\(grace.nanoseconds)"
    }
}
