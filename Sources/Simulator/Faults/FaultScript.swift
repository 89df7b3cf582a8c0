internal import Schedule

/// What a fault puts on the wire, step by step, in place of a proper reply.
struct FaultScript {
    enum Step: Sendable {
        case send([UInt8])
        case pause(milliseconds: Int64)
        /// The connection goes on; the reply is over.
        case done
        case close
        case reset
    }

    var steps: [Step]
    var status = 200

    /// nil for the fault that is none.
    /// - Parameter echoed: the request's headers, for the fault that repeats them.
    init?(_ fault: Fault, echoed: [(name: String, value: String)] = []) {
        switch fault {
        case .none: return nil
        case .http400, .contextLength, .http401, .http402, .http403, .http404, .http408, .http413, .http422, .http429,
            .retryAfterDate, .retryAfterGarbage, .retryAfterHuge, .quotaExhausted, .http500, .http502, .http503,
            .modelLoading, .http504, .http529, .redirect, .noContent, .earlyHints:
            self = Self.refusal(fault)
        case .closeWithoutReply, .resetBeforeHead, .resetAfterHead, .resetMidstream, .resetAfterEnd, .closeAfterHead,
            .closeMidstream, .noAnswer, .slowHead, .slowBody, .keepAliveOnly, .stall, .stallAndResume:
            self = Self.connection(fault)
        case .chunkBadSize, .chunkHugeSize, .chunkNegativeSize, .chunkWithoutEnd, .chunkTrailers, .lengthTooLong,
            .lengthTooShort, .headerTooLong, .endlessLine, .longEvent, .gzip, .webPage, .byteByByte:
            self = Self.form(fault)
        case .noDone, .invalidUTF8, .loneSurrogate, .hugeNumber, .duplicateKeys, .deepNesting, .brokenJSON, .errorBody,
            .errorFirst, .errorMidstream, .overloadMidstream, .finishError, .emptyStream, .emptyAnswer, .roleOnly,
            .reasoningOnly, .reasoningBudget, .lengthWithoutText, .refusal, .filtered, .usageMissing, .usageZero,
            .usageMismatch, .usageCumulative, .wholeAnswer, .oneEvent, .buffered:
            self = Self.answer(fault)
        case .echo: self = Self.echo(echoed)
        }
    }

    init(_ steps: [Step], status: Int = 200) {
        self.steps = steps
        self.status = status
    }

    // MARK: pieces

    static let streamHead = bytes(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// One chunk of HTTP's chunked coding.
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Self.bytes(String(bytes.count, radix: 16)) + [13, 10] + bytes + [13, 10]
    }

    static func chunk(_ text: String) -> [UInt8] { chunk(bytes(text)) }

    static let lastChunk = bytes("0\r\n\r\n")

    /// A stream that comes whole, in one write.
    static func stream(_ body: String) -> FaultScript { stream(bytes(body)) }

    static func stream(_ body: [UInt8]) -> FaultScript {
        FaultScript([.send(streamHead + (body.isEmpty ? [] : chunk(body)) + lastChunk), .done])
    }

    static func whole(_ status: Int, _ body: String, type: String = "application/json", headers: String = "")
        -> FaultScript
    {
        let head =
            "HTTP/1.1 \(status) Status\r\nContent-Type: \(type)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n"
        return FaultScript([.send(bytes(head + body)), .done], status: status)
    }

    static func error(_ message: String, type: String = "error", code: String? = nil) -> String {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return "{\"error\":{\"message\":\"\(message)\",\"type\":\"\(type)\",\"param\":null,\"code\":\(code)}}"
    }

    static func event(_ delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return "data: {\"choices\":[{\"index\":0,\"delta\":{\(delta)},\"finish_reason\":\(reason)}]}\n\n"
    }

    static func text(_ text: String) -> String { event("\"content\":\"\(text)\"") }
    static let role = event("\"role\":\"assistant\",\"content\":\"\"")
    static let stop = event("", finish: "stop")
    static let done = "data: [DONE]\n\n"

    static func usage(_ output: Int, input: Int = 8, reasoning: Int? = nil) -> String {
        let details = reasoning.map { ",\"completion_tokens_details\":{\"reasoning_tokens\":\($0)}" } ?? ""
        return "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\(input),\"completion_tokens\":\(output),"
            + "\"total_tokens\":\(input + output)\(details)}}\n\n"
    }

    /// A proper answer of four tokens.
    static let good = role + text("One") + text(" two") + text(" three") + text(" four") + stop + usage(4) + done
}
