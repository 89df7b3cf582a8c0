/// How each API's answers look.
extension AnswerWriter {
    private static func event(_ json: JSONPiece) -> [UInt8] { Array("data: ".utf8) + json.bytes + Array("\n\n".utf8) }

    private static func typed(_ type: String, _ json: JSONPiece) -> [UInt8] {
        Array("event: \(type)\n".utf8) + event(json)
    }

    static func chat(_ id: String, _ model: String, _ created: Int64, _ asksForUsage: Bool) -> AnswerWriter {
        let writer = ChatStreamWriter(id: id, model: model, created: created)
        var opening: [UInt8] = []
        writer.appendRole(to: &opening)
        let reasoning = Reasoning.shown(head: writer.reasoningHead, tail: writer.token.tail)
        return AnswerWriter(opening: opening, token: writer.token, reasoning: reasoning) { end, buffer in
            writer.appendFinish(end.isCut ? "length" : "stop", serving: asksForUsage ? nil : end.serving, to: &buffer)
            if asksForUsage { writer.appendUsage(end.usage, serving: end.serving, to: &buffer) }
            ChatStreamWriter.appendDone(to: &buffer)
        } whole: { end, buffer in
            ChatAnswer.append(
                id: id,
                model: model,
                created: created,
                content: end.text(),
                finish: end.isCut ? "length" : "stop",
                usage: end.usage,
                serving: end.serving,
                to: &buffer
            )
        } failure: { message, buffer in
            ChatStreamWriter.appendError(message: message, type: "server_error", code: "500", to: &buffer)
            ChatStreamWriter.appendDone(to: &buffer)
        }
    }

    static func completions(_ id: String, _ model: String, _ created: Int64, _ asksForUsage: Bool) -> AnswerWriter {
        let start: JSONPiece = #"{"id":\#(id),"object":"text_completion","created":\#(created),"model":\#(model)"#
        let head: JSONPiece = #"data: \#(start),"choices":[{"index":0,"text":""#
        let tail: JSONPiece = "\",\"finish_reason\":null}]}\n\n"
        return AnswerWriter(token: (head.bytes, tail.bytes)) { end, buffer in
            let reason = end.isCut ? "length" : "stop"
            let serving = asksForUsage ? nil : end.serving
            buffer += event(
                #"\#(start),"choices":[{"index":0,"text":"","finish_reason":\#(reason)}]\#(serving)}"#
            )
            if asksForUsage { buffer += event(#"\#(start),"choices":[],"usage":\#(end.usage)\#(end.serving)}"#) }
            ChatStreamWriter.appendDone(to: &buffer)
        } whole: { end, buffer in
            let reason = end.isCut ? "length" : "stop"
            let choice: JSONPiece = #"{"index":0,"text":\#(end.text()),"finish_reason":\#(reason)}"#
            let body: JSONPiece = #"\#(start),"choices":[\#(choice)],"usage":\#(end.usage)\#(end.serving)}"#
            buffer += body.bytes
        } failure: { message, buffer in
            ChatStreamWriter.appendError(message: message, type: "server_error", code: "500", to: &buffer)
            ChatStreamWriter.appendDone(to: &buffer)
        }
    }

    static func responses(_ id: String, _ model: String) -> AnswerWriter {
        @Sendable func response(_ end: End) -> JSONPiece {
            let status: JSONPiece =
                end.isCut
                ? #""incomplete","incomplete_details":{"reason":"max_output_tokens"}"# : #""completed""#
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            let content: JSONPiece = #"[{"type":"output_text","text":\#(end.text())}]"#
            let message: JSONPiece = #"{"type":"message","role":"assistant","content":\#(content)}"#
            let cached = end.usage.cachedInput.map { #","input_tokens_details":{"cached_tokens":\#($0)}"# as JSONPiece }
            let reasoned = end.usage.reasoning.map {
                #","output_tokens_details":{"reasoning_tokens":\#($0)}"# as JSONPiece
            }
            let counts: JSONPiece = #""input_tokens":\#(input),"output_tokens":\#(output)"#
            let usage: JSONPiece = #"{\#(counts),"total_tokens":\#(input + output)\#(cached)\#(reasoned)}"#
            return
                #"{"id":\#(id),"object":"response","model":\#(model),"status":\#(status),"output":[\#(message)],"usage":\#(usage)\#(end.serving)}"#
        }
        let type = "response.output_text.delta"
        let thought = "response.reasoning_text.delta"
        return AnswerWriter(
            opening: typed(
                "response.created",
                #"{"type":"response.created","response":{"id":\#(id),"status":"in_progress"}}"#
            ),
            token: (
                Array("event: \(type)\ndata: {\"type\":\"\(type)\",\"output_index\":0,\"delta\":\"".utf8),
                Array("\"}\n\n".utf8)
            ),
            reasoning: .shown(
                head: Array(
                    "event: \(thought)\ndata: {\"type\":\"\(thought)\",\"output_index\":0,\"delta\":\"".utf8
                ),
                tail: Array("\"}\n\n".utf8)
            )
        ) { end, buffer in
            let type = end.isCut ? "response.incomplete" : "response.completed"
            buffer += typed(type, #"{"type":\#(type),"response":\#(response(end))\#(end.serving)}"#)
        } whole: { end, buffer in
            buffer += response(end).bytes
        } failure: { message, buffer in
            buffer += typed("error", #"{"type":"error","code":"server_error","message":\#(message)}"#)
        }
    }

    static func anthropic(_ id: String, _ model: String, _ inputTokens: Int64, _ cached: Int64) -> AnswerWriter {
        let message: JSONPiece = #"{"id":\#(id),"type":"message","role":"assistant","model":\#(model)"#
        let read: JSONPiece = #""input_tokens":\#(inputTokens - cached),"cache_read_input_tokens":\#(cached)"#
        let usage: JSONPiece = #"{\#(read),"output_tokens":1}"#
        let start: JSONPiece = #"\#(message),"content":[],"stop_reason":null,"usage":\#(usage)}"#
        let type = "content_block_delta"
        let delta = "{\"type\":\"\(type)\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\""
        let thought = "{\"type\":\"\(type)\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\""
        return AnswerWriter(
            opening: typed("message_start", #"{"type":"message_start","message":\#(start)}"#)
                + typed(
                    "content_block_start",
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#
                ),
            token: (Array("event: \(type)\ndata: \(delta)".utf8), Array("\"}}\n\n".utf8)),
            reasoning: .shown(
                head: Array("event: \(type)\ndata: \(thought)".utf8),
                tail: Array("\"}}\n\n".utf8) + typed("ping", #"{"type":"ping"}"#)
            )
        ) { end, buffer in
            let reason = end.isCut ? "max_tokens" : "end_turn"
            let output = end.usage.output ?? 0
            let reasoned = end.usage.reasoning.map {
                #","output_tokens_details":{"thinking_tokens":\#($0)}"# as JSONPiece
            }
            buffer += typed("content_block_stop", #"{"type":"content_block_stop","index":0}"#)
            buffer += typed(
                "message_delta",
                #"{"type":"message_delta","delta":{"stop_reason":\#(reason)},"usage":{"output_tokens":\#(output)\#(reasoned)}\#(end.serving)}"#
            )
            buffer += typed("message_stop", #"{"type":"message_stop"}"#)
        } whole: { end, buffer in
            let reason = end.isCut ? "max_tokens" : "end_turn"
            let output = end.usage.output ?? 0
            let usage: JSONPiece = #"{\#(read),"output_tokens":\#(output)}"#
            let content: JSONPiece = #"[{"type":"text","text":\#(end.text())}]"#
            let body: JSONPiece =
                #"\#(message),"content":\#(content),"stop_reason":\#(reason),"usage":\#(usage)\#(end.serving)}"#
            buffer += body.bytes
        } failure: { message, buffer in
            buffer += typed("error", #"{"type":"error","error":{"type":"api_error","message":\#(message)}}"#)
        }
    }

    static func gemini(_ model: String) -> AnswerWriter {
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

    static func ollama(_ model: String) -> AnswerWriter {
        let start: JSONPiece = #"{"model":\#(model),"message":{"role":"assistant","content":"#
        @Sendable func last(_ text: String, _ end: End) -> JSONPiece {
            let reason = end.isCut ? "length" : "stop"
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            let cached = end.usage.cachedInput.map { #","prompt_eval_cached_count":\#($0)"# as JSONPiece }
            let times: JSONPiece = #""total_duration":6000000,"prompt_eval_duration":2000000,"eval_duration":3000000"#
            let counts: JSONPiece = #""prompt_eval_count":\#(input),"eval_count":\#(output),\#(times)\#(cached)"#
            return #"\#(start)\#(text)},"done":true,"done_reason":\#(reason),\#(counts)\#(end.serving)}"#
        }
        return AnswerWriter(
            contentType: "application/x-ndjson",
            token: (start.bytes + Array("\"".utf8), Array("\"},\"done\":false}\n".utf8)),
            reasoning: .shown(
                head: start.bytes + Array("\"\",\"thinking\":\"".utf8),
                tail: Array("\"},\"done\":false}\n".utf8)
            )
        ) { end, buffer in
            buffer += last("", end).bytes + Array("\n".utf8)
        } whole: { end, buffer in
            buffer += last(end.text(), end).bytes
        } failure: { message, buffer in
            let line: JSONPiece = "{\"error\":\(message)}\n"
            buffer += line.bytes
        }
    }

    static var textGenerationInference: AnswerWriter {
        @Sendable func details(_ end: End) -> JSONPiece {
            let reason = end.isCut ? "length" : "eos_token"
            let (input, output) = (end.usage.input ?? 0, end.usage.output ?? 0)
            return
                #"{"finish_reason":\#(reason),"generated_tokens":\#(output),"input_length":\#(input)}\#(end.serving)"#
        }
        return AnswerWriter(
            token: (
                Array("data:{\"token\":{\"id\":1,\"text\":\"".utf8),
                Array("\",\"special\":false},\"generated_text\":null,\"details\":null}\n\n".utf8)
            )
        ) { end, buffer in
            let token: JSONPiece = #"{"id":2,"text":"</s>","special":true}"#
            buffer += event(#"{"token":\#(token),"generated_text":\#(end.text()),"details":\#(details(end))}"#)
        } whole: { end, buffer in
            let body: JSONPiece = #"{"generated_text":\#(end.text()),"details":\#(details(end))}"#
            buffer += body.bytes
        } failure: { message, buffer in
            buffer += event(#"{"error":\#(message),"error_type":"generation"}"#)
        }
    }
}
