/// A chat stream as one provider sends it.
extension AnswerWriter {
    static func chat(
        _ id: String,
        _ model: String,
        _ created: Int64,
        _ asksForUsage: Bool,
        _ dialect: ChatDialect,
        tier: String?,
        input: Int64,
        cached: Int64?
    ) -> AnswerWriter {
        let form = ChatDialectForm(id: id, model: model, created: created, dialect: dialect)
        let showsUsage = asksForUsage || dialect.usageIsUnasked
        let isEvery = dialect.usagePlace == .everyChunk && showsUsage
        let role = dialect.repeatsRole ? "\"role\":\"assistant\"," : ""
        let tail = form.tail("\"}", closes: !isEvery)
        let reasoning: Reasoning =
            switch dialect.reasoning {
            case .hidden: .hidden
            case .field(let name):
                .shown(head: form.head("\(role)\"content\":null,\"\(name)\":\""), tail: tail)
            case .fieldAndDetails:
                .shown(
                    head: form.head(
                        "\"content\":\"\",\"reasoning_details\":[{\"type\":\"reasoning.text\"}],\"reasoning\":\""
                    ),
                    tail: tail
                )
            case .parts:
                .shown(
                    head: form.head(
                        "\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\""
                    ),
                    tail: form.tail("\"}]}]}", closes: !isEvery)
                )
            }
        var writer = AnswerWriter(
            opening: form.opening,
            token: (form.head("\(role)\"content\":\""), tail),
            reasoning: reasoning
        ) { end, buffer in
            buffer += form.end(end, showsUsage: showsUsage, isEvery: isEvery)
        } whole: { end, buffer in
            let answer = AnswerWriter.chat(id, model, created, asksForUsage, tier: tier)
            answer.appendWhole(end, &buffer)
        } failure: { message, buffer in
            let error: JSONPiece = #"{"error":{"message":\#(message),"type":"server_error","code":"500"}}"#
            buffer += form.event(error.bytes)
            if dialect.hasDone { buffer += form.done }
        }
        if isEvery {
            writer.appendCount = { output, buffer in
                let usage: JSONPiece = #","usage":\#(Usage(input: input, cachedInput: cached, output: output))}"#
                buffer += usage.bytes + form.eventEnd
            }
        }
        return writer
    }
}

/// The bytes of one answer's chunks.
private struct ChatDialectForm: Sendable {
    let dialect: ChatDialect
    let start: [UInt8]  // {"id":...,"model":...
    let field: [UInt8]
    let eventEnd: [UInt8]

    init(id: String, model: String, created: Int64, dialect: ChatDialect) {
        self.dialect = dialect
        let piece: JSONPiece =
            #"{"id":\#(id),"object":"chat.completion.chunk","created":\#(created),"model":\#(model)"#
        start = piece.bytes
        field = Array(dialect.dataField.utf8)
        eventEnd = Array((dialect.padding + dialect.lineEnd + dialect.lineEnd).utf8)
    }

    func event(_ json: [UInt8]) -> [UInt8] { field + json + eventEnd }

    var done: [UInt8] { event(Array("[DONE]".utf8)) }

    /// Up to the inside of a text's quotes.
    func head(_ delta: String) -> [UInt8] {
        field + start + Array(",\"choices\":[{\"index\":0,\"delta\":{\(delta)".utf8)
    }

    /// From a text's quotes to the end of the event, or to where its usage goes.
    func tail(_ text: String, closes: Bool) -> [UInt8] {
        Array("\(text),\"finish_reason\":null}]\(dialect.extra)".utf8) + (closes ? Array("}".utf8) + eventEnd : [])
    }

    var opening: [UInt8] {
        var bytes: [UInt8] = []
        for line in dialect.comments { bytes += Array((line + dialect.lineEnd).utf8) }
        if !dialect.comments.isEmpty { bytes += Array(dialect.lineEnd.utf8) }
        for json in dialect.opening { bytes += event(Array(json.utf8)) }
        if dialect.hasRole {
            bytes += head("\"role\":\"assistant\",\"content\":\"\"") + tail("}", closes: true)
        }
        return bytes
    }

    private func chunk(choices: [UInt8], _ members: [UInt8]) -> [UInt8] {
        event(start + Array(",\"choices\":".utf8) + choices + Array(dialect.extra.utf8) + members + Array("}".utf8))
    }

    func end(_ end: AnswerWriter.End, showsUsage: Bool, isEvery: Bool) -> [UInt8] {
        let place = dialect.usagePlace
        let counts = usage(end.usage)
        let usageMember: [UInt8] = Array(",\"usage\":".utf8) + counts
        let serving: JSONPiece = "\(end.serving)"
        let reason: JSONPiece = "\(end.isCut ? "length" : dialect.stopWord)"
        var choice = Array("[{\"index\":0,\"delta\":{},\"finish_reason\":".utf8) + reason.bytes
        if showsUsage, place == .choice { choice += usageMember }
        choice += Array("}]".utf8)
        var finish = timing(end.usage, counts)
        let hasUsage = showsUsage && (place == .finishChunk || isEvery)
        if hasUsage { finish += usageMember }
        let isLast = hasUsage || !showsUsage || place == .choice
        if isLast { finish += serving.bytes }
        var bytes = chunk(choices: choice, finish)
        if !isLast { bytes += chunk(choices: Array(dialect.usageChoices.utf8), usageMember + serving.bytes) }
        if showsUsage, place == .beforeLast { bytes += chunk(choices: Array("[]".utf8), Array(",\"usage\":null".utf8)) }
        return dialect.hasDone ? bytes + done : bytes
    }

    /// With the server's times, where they are a part of it.
    private func usage(_ usage: Usage) -> [UInt8] {
        var usage = usage
        if dialect.hidesReasoningCount { usage.reasoning = nil }
        if dialect.countsReasoningOutside, let output = usage.output, let reasoning = usage.reasoning {
            usage.total = (usage.input ?? 0) + output
            usage.output = output - reasoning
        }
        var bytes: [UInt8] = []
        usage.append(to: &bytes)
        let times: String? =
            switch dialect.timing {
            case .groq: ",\"queue_time\":0.001,\"prompt_time\":0.002,\"completion_time\":0.003,\"total_time\":0.006}"
            case .sambanova: ",\"time_to_first_token\":0.002,\"total_latency\":0.006,\"acceptance_rate\":1.0}"
            case .none, .llama, .cerebras, .fireworks: nil
            }
        return times.map { Array(bytes.dropLast()) + Array($0.utf8) } ?? bytes
    }

    /// The server's times, where the finish chunk has them.
    private func timing(_ usage: Usage, _ counts: [UInt8]) -> [UInt8] {
        switch dialect.timing {
        case .none, .sambanova: []
        case .llama:
            Array(",\"timings\":{\"prompt_n\":\(usage.input ?? 0),\"prompt_ms\":2.0,\"predicted_ms\":3.0}".utf8)
        case .groq: Array(",\"x_groq\":{\"id\":\"req\",\"usage\":".utf8) + counts + Array("}".utf8)
        case .cerebras:
            Array(",\"time_info\":{\"queue_time\":0.001,\"prompt_time\":0.002,\"completion_time\":0.003}".utf8)
        case .fireworks:
            Array(",\"perf_metrics\":{\"server-time-to-first-token\":\"0.002\",\"prefill-duration\":0.001}".utf8)
        }
    }
}
