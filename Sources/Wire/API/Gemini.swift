/// Google Gemini: the model is part of the path, the stream ends with its last chunk, thoughts are counted apart.
extension Grammar {
    static let gemini = Grammar(
        aliases: ["google", "generatecontent", "streamgeneratecontent", "google-gemini"],
        basePath: "/v1beta",
        path: { model, streams in
            let name = pathSegment(model.hasPrefix("models/") ? String(model.dropFirst("models/".count)) : model)
            return "/models/\(name):" + (streams ? "streamGenerateContent?alt=sse" : "generateContent")
        },
        hasDoneMarker: false,
        tierHeader: "x-gemini-service-tier",
        reasoningOff: [
            JSONMember(name: "generationConfig", json: #"{"thinkingConfig":{"thinkingBudget":0}}"#)
        ],
        reasoningEffort: {
            let level = "{\"thinkingConfig\":{\"thinkingLevel\":\"\($0.uppercased())\"}}"
            return [JSONMember(name: "generationConfig", json: level)]
        },
        tier: serviceTier,
        template: { request in
            var writer = BodyWriter(extra: request.extra.filter { $0.name != "stream" })  // the path says it
            if !request.instruction.isEmpty { writer.instruction("systemInstruction", request.instruction) }
            writer.contents("contents", request.turns)
            return writer.finish(object: "generationConfig", cap: "maxOutputTokens") { config in
                config.number("temperature", request.temperature)
                config.number("seed", request.seed)
            }
        },
        read: reader { root, whole, parser, tally in
            let candidates = root["candidates"]
            for candidate in candidates.elements {
                let index = candidate["index"].int ?? 0
                for part in candidate["content"]["parts"].elements {
                    tally.add(part["thought"].bool == true ? .reasoning : .visible, part["text"].utf8, choice: index)
                    if part["functionCall"].kind == .object {
                        tally.add(functionCall: part["functionCall"], choice: index, parser)
                    }
                }
                tally.note(choice: index, finish: candidate["finishReason"].utf8)
            }
            let blocked = root["promptFeedback"]["blockReason"].utf8
            if blocked != nil { tally.noteBlocked() }
            tally.served(model: root["modelVersion"].utf8)
            let usage = root["usageMetadata"]
            if usage.kind == .object { tally.count(gemini: usage) }
            if candidates.kind == .array || blocked != nil { return .understood }
            return whole || usage.kind != .object ? .unparseable : .understood
        },
        served: .gemini
    )

    /// Percent-encodes what a path's segment may not hold (RFC 3986, 3.3); a slash is kept.
    private static func pathSegment(_ text: String) -> String {
        let allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/@".utf8
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if allowed.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ChatRequest {
    /// What stands apart from the conversation: the system's messages, but for the last of all, which is the prompt.
    var instruction: String {
        messages.dropLast().filter { $0.role == "system" }.map(\.content).joined(separator: "\n\n")
    }

    var turns: [Message] { messages.dropLast().filter { $0.role != "system" } + messages.suffix(1) }
}

extension BodyWriter {
    fileprivate mutating func instruction(_ name: String, _ text: String) {
        var json: [UInt8] = []
        JSONText.append("{\"parts\":[{\"text\":", to: &json)
        JSONText.appendString(text, to: &json)
        JSONText.append("}]}", to: &json)
        value(name, json)
    }
}

extension ReplyTally {
    /// A prompt that was blocked is answered with status 200 and without a candidate.
    fileprivate mutating func noteBlocked() {
        "content_filter".utf8.withContiguousStorageIfAvailable { note(choice: 0, finish: UnsafeRawBufferPointer($0)) }
    }

    fileprivate mutating func add(functionCall call: JSONValue, choice: Int64, _ parser: JSONParser) {
        note(choice: choice, finish: nil)
        let calls = facts.choices.first { $0.index == choice }?.toolCalls ?? 0
        addToolCall(
            Int64(calls),
            id: call["id"].utf8,
            name: call["name"].utf8,
            arguments: call["args"].arguments(by: parser),
            choice: choice
        )
    }

    /// Candidates and thoughts are disjoint; together they are the output. Both are cumulative.
    fileprivate mutating func count(gemini usage: JSONValue) {
        let thoughts = tokens(usage["thoughtsTokenCount"]) ?? facts.usage.reasoning
        let earlier = facts.usage.output.map { $0 - (facts.usage.reasoning ?? 0) }
        let candidates = tokens(usage["candidatesTokenCount"]) ?? earlier
        let isKnown = candidates != nil || thoughts != nil
        count(
            Usage(
                input: tokens(usage["promptTokenCount"]),
                cachedInput: tokens(usage["cachedContentTokenCount"]),
                output: isKnown ? (candidates ?? 0) + (thoughts ?? 0) : nil,
                reasoning: thoughts,
                total: tokens(usage["totalTokenCount"])
            )
        )
    }
}
