extension Outcome {
    /// For somebody who does not know the words of the contract.
    public var meaning: String {
        switch self {
        case .cancelled: "cancelled by spate"
        case .notSent: "never sent"
        case .clientResource: "this machine ran short of files, ports or memory"
        case .dns: "the name was not found"
        case .connect: "no connection"
        case .tls: "no secure connection (TLS)"
        case .timeoutConnect: "no connection in time"
        case .timeoutFirstToken: "no token in time"
        case .timeoutIdle: "the stream fell silent"
        case .timeoutTotal: "not finished in time"
        case .reset: "the connection was cut"
        case .protocol: "the response broke the protocol"
        case .auth: "the key or the credit was refused"
        case .rateLimited: "the server said: too many requests"
        case .overloaded: "the server said: overloaded"
        case .http5xx: "the server failed"
        case .http4xx: "the request was refused"
        case .inbandError: "an error inside the stream"
        case .truncated: "the stream ended without its end mark"
        case .refusal: "the model refused"
        case .filtered: "the answer was filtered"
        case .empty: "no text at all"
        case .reasoningOnly: "reasoning, but no answer"
        case .okLength: "a success, cut at the length asked for"
        case .ok: "a success"
        }
    }
}
