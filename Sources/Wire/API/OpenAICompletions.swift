/// OpenAI's older text completions: a prompt without roles, continued.
extension Grammar {
    static let openAICompletions = Grammar(
        aliases: [
            "completions", "completion", "text-completions", "text-completion", "openai-completion", "oai",
            "sglang-oai", "vllm-completions",
        ],
        path: { _, _ in "/completions" },
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
                tally.add(.visible, choice["text"].utf8, choice: index)
                tally.note(choice: index, finish: choice["finish_reason"].utf8)
            }
            if root["usage"].kind == .object { tally.count(Usage(openAI: root["usage"])) }
            if root["usage"].kind == .object || root["timings"].kind == .object {
                tally.facts.serverTimings = ServerTimings(openAIChat: root) ?? tally.facts.serverTimings
            }
            return choices.kind == .array && !(whole && tally.facts.choices.isEmpty) ? .understood : .unparseable
        },
        served: .openAICompletions
    )
}

extension Usage {
    /// OpenAI's `usage` of chat and text completions.
    fileprivate init(openAI usage: JSONValue) {
        self.init(
            input: usage["prompt_tokens"].count,
            cachedInput: usage["prompt_tokens_details"]["cached_tokens"].count,
            output: usage["completion_tokens"].count,
            reasoning: usage["completion_tokens_details"]["reasoning_tokens"].count,
            total: usage["total_tokens"].count
        )
        addOutsideReasoning()
    }
}
