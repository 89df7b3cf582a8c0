/// OpenAI's older text completions: a prompt without roles, continued.
extension Grammar {
    static let openAICompletions = Grammar(
        aliases: [
            "completions", "completion", "text-completions", "text-completion", "openai-completion", "oai",
            "sglang-oai", "vllm-completions",
        ],
        path: { _, _ in "/completions" },
        tier: serviceTier,
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            writer.text("prompt", of: request.messages)
            writer.openAIOptions(of: request)
            return writer.finish(cap: "max_tokens")
        },
        read: reader { root, whole, _, tally in
            let choices = root["choices"]
            for choice in choices.elements {
                let index = choice["index"].int ?? 0
                let reasoning =
                    choice["reasoning_content"].text != nil ? "reasoning_content" : "reasoning" as StaticString
                tally.add(.reasoning, choice[reasoning].utf8, choice: index)
                tally.add(.visible, choice["text"].utf8, choice: index)
                tally.note(choice: index, finish: choice["finish_reason"].utf8)
            }
            tally.served(model: root["model"].utf8)
            if root["usage"].kind == .object { tally.count(openAI: root["usage"]) }
            if tally.facts.served.tier == nil || root["usage"].kind == .object {
                tally.served(tier: root["service_tier"].utf8)
            }
            if root["usage"].kind == .object || root["timings"].kind == .object {
                tally.facts.serverTimings = ServerTimings(openAIChat: root) ?? tally.facts.serverTimings
            }
            return choices.kind == .array && !(whole && tally.facts.choices.isEmpty) ? .understood : .unparseable
        },
        served: .openAICompletions
    )
}

extension ReplyTally {
    /// OpenAI's `usage` of text completions, as that of chat.
    fileprivate mutating func count(openAI usage: JSONValue) {
        var read = Usage(
            input: tokens(usage["prompt_tokens"]),
            cachedInput: tokens(usage["prompt_tokens_details"]["cached_tokens"]),
            written: tokens(usage["prompt_tokens_details"]["cache_write_tokens"]),
            output: tokens(usage["completion_tokens"]),
            reasoning: tokens(usage["completion_tokens_details"]["reasoning_tokens"]),
            total: tokens(usage["total_tokens"])
        )
        read.addOutsideReasoning()
        count(read)
    }
}
