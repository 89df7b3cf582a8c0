/// Google Gemini's Interactions: steps that begin, grow and stop, in events that name their kind; the last carries the usage.
///
/// After ai.google.dev/gemini-api/docs/streaming, revision 2026-05-20.
extension Grammar {
    static let geminiInteractions = Grammar(
        aliases: ["interactions", "google-interactions", "gemini-interaction"],
        basePath: "/v1beta",
        path: { _, _ in "/interactions" },
        headers: Grammar.streamHeaders + [Header(name: "Api-Revision", value: "2026-05-20")],
        tierHeader: "x-gemini-service-tier",
        reasoningEffort: { [JSONMember(name: "generation_config", json: "{\"thinking_level\":\"\($0)\"}")] },
        tier: serviceTier,
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            if !request.instruction.isEmpty { writer.string("system_instruction", request.instruction) }
            writer.steps("input", request.turns)
            writer.raw("stream", request.streams ? "true" : "false")
            writer.raw("store", "false")
            return writer.finish(object: "generation_config", cap: "max_output_tokens") { config in
                config.number("temperature", request.temperature)
                config.number("seed", request.seed)
            }
        },
        read: reader { root, whole, parser, tally in
            if whole { return tally.take(interaction: root, withText: true, parser) }
            let (type, delta) = (root["event_type"], root["delta"])
            guard let word = type.utf8 else { return .unparseable }
            if type.equals("step.delta") {
                let kind = delta["type"]
                if kind.equals("text") {
                    tally.add(.visible, delta["text"].utf8, choice: 0)
                } else if kind.equals("thought_summary") {
                    tally.add(.reasoning, delta["content"]["text"].utf8, choice: 0)
                } else if kind.equals("arguments_delta") {
                    let arguments = delta["arguments"].arguments(by: parser)
                    tally.addToolCall(max(0, Int64(tally.facts.toolCalls) - 1), arguments: arguments)
                }
            } else if type.equals("step.start") {
                if root["step"]["type"].isToolCall { tally.begin(toolCall: root["step"]) }
            } else if type.equals("interaction.created") {
                tally.served(model: root["interaction"]["model"].utf8)
            } else if word.starts(with: "interaction.".utf8), root["interaction"].kind == .object,
                !root["interaction"]["status"].equals("in_progress")
            {
                tally.end()
                let isFirstText = tally.facts.textBytes == 0 && tally.digest.textBytes == 0
                return tally.take(interaction: root["interaction"], withText: isFirstText, parser)
            }
            return .understood
        },
        served: ServedInteractions.form
    )
}

extension ReplyTally {
    /// An interaction that is over. Its text is taken only when it did not come piece by piece before.
    fileprivate mutating func take(interaction: JSONValue, withText: Bool, _ parser: JSONParser) -> Grammar.Reading {
        guard interaction.kind == .object else { return .unparseable }
        for step in interaction["steps"].elements where withText && !step["type"].equals("user_input") {
            for part in step["content"].elements { add(.visible, part["text"].utf8, choice: 0) }
            for part in step["summary"].elements { add(.reasoning, part["text"].utf8, choice: 0) }
            if step["type"].isToolCall {
                begin(toolCall: step)
                addToolCall(Int64(facts.toolCalls) - 1, arguments: step["arguments"].arguments(by: parser))
            }
        }
        served(model: interaction["model"].utf8)
        served(tier: interaction["service_tier"].utf8)
        let status = interaction["status"]
        if status.equals("incomplete") {
            noteFinish("max_output_tokens")
        } else if status.equals("requires_action") {
            noteFinish("tool_calls")
        } else {
            note(choice: 0, finish: status.utf8)
        }
        if interaction["usage"].kind == .object { count(interaction: interaction["usage"]) }
        if interaction["error"].isPresent || status.equals("failed") { fail(ServerError(interaction, parser: parser)) }
        return status.utf8 == nil && interaction["steps"].kind != .array ? .unparseable : .understood
    }

    private mutating func noteFinish(_ word: StaticString) {
        note(choice: 0, finish: UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// Output and thoughts are disjoint; together they are the output.
    private mutating func count(interaction usage: JSONValue) {
        let (output, thoughts) = (tokens(usage["total_output_tokens"]), tokens(usage["total_thought_tokens"]))
        let isKnown = output != nil || thoughts != nil
        count(
            Usage(
                input: tokens(usage["total_input_tokens"]),
                cachedInput: tokens(usage["total_cached_tokens"]),
                output: isKnown ? (output ?? 0) + (thoughts ?? 0) : nil,
                reasoning: thoughts,
                total: tokens(usage["total_tokens"])
            )
        )
    }
}
