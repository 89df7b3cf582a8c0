/// Google Gemini as a server speaks it: the path names the model, and says whether a stream is wanted.
extension ServedForm {
    static let gemini = ServedForm(
        call: { path in
            let prefix = "/v1beta/models/"
            guard path.hasPrefix(prefix), let colon = path.lastIndex(of: ":") else { return nil }
            let model = String(path[..<colon].dropFirst(prefix.count))
            switch path[colon...] {
            case ":streamGenerateContent": return (model, true)
            case ":generateContent": return (model, false)
            default: return nil
            }
        },
        facts: { root, call, _ throws(ChatRequestFacts.Refusal) in
            let turns =
                ChatRequestFacts.turns(root["contents"], "parts") + [root["systemInstruction"]["parts"]]
            var facts = try ChatRequestFacts(
                root["generationConfig"],
                prompt: turns,
                named: "contents",
                cap: "maxOutputTokens",
                model: call.model ?? ""
            )
            facts.streams = call.streams ?? false
            return facts
        },
        writer: { .gemini($0.model) }
    )
}

extension AnswerWriter {
    fileprivate static func gemini(_ model: String) -> AnswerWriter {
        let start: JSONPiece = #"{"candidates":[{"index":0,"content":{"role":"model","parts":["#
        @Sendable func last(_ part: JSONPiece, _ end: End) -> JSONPiece {
            let reason = end.isCut ? "MAX_TOKENS" : "STOP"
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            let thoughts = end.usage.reasoning.map { #","thoughtsTokenCount":\#($0)"# as JSONPiece }
            let cached = end.usage.cachedInput.map { #","cachedContentTokenCount":\#($0)"# as JSONPiece }
            let counts: JSONPiece =
                #""promptTokenCount":\#(input),"candidatesTokenCount":\#(output - (end.usage.reasoning ?? 0))"#
            let usage: JSONPiece = #"{\#(counts),"totalTokenCount":\#(input + output)\#(thoughts)\#(cached)}"#
            return
                #"\#(start)\#(part)]},"finishReason":\#(reason)}],"modelVersion":\#(model),"usageMetadata":\#(usage)\#(end.serving)}"#
        }
        let head: JSONPiece = #"data: \#(start){"text":""#
        let thought: JSONPiece = #"data: \#(start){"thought":true,"text":""#
        let tail = Array("\"}]}}]}\r\n\r\n".utf8)
        return AnswerWriter(token: (head.bytes, tail), reasoning: .shown(head: thought.bytes, tail: tail)) {
            end,
            buffer in
            buffer += event(last("", end))
        } whole: { end, buffer in
            buffer += last(#"{"text":\#(end.text())}"#, end).bytes
        } failure: { message, buffer in
            buffer += event(#"{"error":{"code":500,"status":"INTERNAL","message":\#(message)}}"#)
        }
    }
}
