/// OpenAI Responses: typed events, of which the last carries the usage. Reasoning may be a summary, sent in bursts.
extension Grammar {
    static let openAIResponses = Grammar(
        aliases: ["responses", "openai-response"],
        path: { _, _ in "/responses" },
        reasoningOff: [JSONMember(name: "reasoning", json: #"{"effort":"none"}"#)],
        reasoningEffort: { [JSONMember(name: "reasoning", json: "{\"effort\":\"\($0)\"}")] },
        tier: serviceTier,
        template: { request in
            var writer = BodyWriter(extra: request.extra)
            writer.string("model", request.model)
            writer.messages("input", request.messages, itemType: "message")
            writer.raw("stream", request.streams ? "true" : "false")
            writer.raw("store", "false")
            writer.number("temperature", request.temperature)
            if request.ignoresEndOfSequence { writer.raw("ignore_eos", "true") }
            return writer.finish(cap: "max_output_tokens")
        },
        read: reader { root, whole, parser, tally in
            if whole { return tally.take(response: root, withText: true, parser) }
            let type = root["type"]
            guard let word = type.utf8 else { return .unparseable }
            let delta = root["delta"].utf8
            if type.equals("response.output_text.delta") {
                tally.add(.visible, delta, choice: 0)
            } else if word.starts(with: "response.reasoning".utf8), word.hasSuffix(".delta") {
                // `_text`, `_summary_text`; older servers' `response.reasoning.delta`, with an object.
                tally.add(.reasoning, delta ?? root["delta"]["text"].utf8, choice: 0)
            } else if type.equals("response.refusal.delta") {
                tally.add(.refusal, delta, choice: 0)
            } else if word.hasSuffix("_call_arguments.delta") || word.hasSuffix("_call_input.delta") {
                let arguments = root["delta"].arguments(by: parser)
                tally.addToolCall(max(0, Int64(tally.facts.toolCalls) - 1), arguments: arguments)
            } else if type.equals("response.output_item.added"), root["item"]["type"].isToolCall {
                tally.begin(toolCall: root["item"])
            } else if type.equals("response.created") {
                tally.served(model: root["response"]["model"].utf8)  // its tier is what was asked for
            } else if type.equals("response.completed") || type.equals("response.incomplete")
                || type.equals("response.failed")
            {
                tally.end()
                let isFirstText = tally.facts.textBytes == 0 && tally.digest.textBytes == 0
                return tally.take(response: root["response"], withText: isFirstText, parser)
            }
            return .understood
        },
        served: .openAIResponses
    )
}

extension ReplyTally {
    /// A complete response. Its text is taken only when it did not come piece by piece before.
    fileprivate mutating func take(response: JSONValue, withText: Bool, _ parser: JSONParser) -> Grammar.Reading {
        guard response.kind == .object else { return .unparseable }
        for item in response["output"].elements where withText {
            for part in item["content"].elements {
                add(item["type"].equals("reasoning") ? .reasoning : .visible, part["text"].utf8, choice: 0)
                add(.refusal, part["refusal"].utf8, choice: 0)
            }
            for part in item["summary"].elements { add(.reasoning, part["text"].utf8, choice: 0) }
            if item["type"].isToolCall {
                begin(toolCall: item)
                let arguments = item["arguments"].isPresent ? item["arguments"] : item["input"]
                addToolCall(Int64(facts.toolCalls) - 1, arguments: arguments.arguments(by: parser))
            }
        }
        served(model: response["model"].utf8)
        served(tier: response["service_tier"].utf8)
        let status = response["status"]
        let reason = response["incomplete_details"]["reason"].utf8
        note(choice: 0, finish: status.equals("incomplete") ? reason ?? status.utf8 : status.utf8)
        if response["usage"].kind == .object { count(response: response["usage"]) }
        if response["error"].isPresent || status.equals("failed") { fail(ServerError(response, parser: parser)) }
        return status.utf8 == nil && response["output"].kind != .array ? .unparseable : .understood
    }

    mutating func begin(toolCall item: JSONValue) {
        note(choice: 0, finish: nil)
        addToolCall(
            Int64(facts.toolCalls),
            id: (item["call_id"].isPresent ? item["call_id"] : item["id"]).utf8,
            name: item["name"].utf8,
            arguments: nil,
            choice: 0
        )
    }

    mutating func addToolCall(_ index: Int64, arguments: UnsafeRawBufferPointer?) {
        addToolCall(index, id: nil, name: nil, arguments: arguments, choice: 0)
    }
}

extension JSONValue {
    /// Whether a step or item of that type is one: `function_call`, `web_search_call`.
    var isToolCall: Bool { utf8?.hasSuffix("_call") ?? false }
}

extension UnsafeRawBufferPointer {
    fileprivate func hasSuffix(_ text: StaticString) -> Bool {
        suffix(text.utf8CodeUnitCount)
            .elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension ReplyTally {
    fileprivate mutating func count(response usage: JSONValue) {
        count(
            Usage(
                input: tokens(usage["input_tokens"]),
                cachedInput: tokens(usage["input_tokens_details"]["cached_tokens"]),
                written: tokens(usage["input_tokens_details"]["cache_write_tokens"]),
                output: tokens(usage["output_tokens"]),
                reasoning: tokens(usage["output_tokens_details"]["reasoning_tokens"]),
                total: tokens(usage["total_tokens"])
            )
        )
    }
}
