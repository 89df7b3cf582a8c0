/// What one request says, by the contract's definitions. nil = it cannot be said of this request.
extension RequestRecord {
    /// First token − dispatched.
    @inline(__always) public var ttftMilliseconds: Double? { Self.milliseconds(firstToken) }

    /// First token − scheduled.
    @inline(__always) public var ttftScheduledMilliseconds: Double? {
        guard let ttftMilliseconds, let dispatchLag else { return nil }
        return ttftMilliseconds + Double(dispatchLag) / 1e6
    }

    /// First token − written: what a server's own log should show.
    @inline(__always) public var waitMilliseconds: Double? {
        guard let ttftMilliseconds, let written = Self.milliseconds(written) else { return nil }
        return ttftMilliseconds - written
    }

    /// First visible token − dispatched.
    @inline(__always) public var ttfvMilliseconds: Double? { Self.milliseconds(firstVisible) }

    /// Last token − dispatched.
    @inline(__always) public var e2eMilliseconds: Double? { Self.milliseconds(lastToken) }

    /// Last token − scheduled.
    @inline(__always) public var e2eScheduledMilliseconds: Double? {
        guard let e2eMilliseconds, let dispatchLag else { return nil }
        return e2eMilliseconds + Double(dispatchLag) / 1e6
    }

    @inline(__always) public var connectMilliseconds: Double? { Self.milliseconds(connect) }
    @inline(__always) public var tlsMilliseconds: Double? { Self.milliseconds(tls) }

    /// Name resolution, connection and TLS of a request that opened its own connection.
    @inline(__always) public var setUpMilliseconds: Double? {
        guard connection == .new else { return nil }
        return [dns, connect, tls].reduce(0) { $0 + (Self.milliseconds($1) ?? 0) }
    }

    /// Output tokens that came over the wire: hidden reasoning is left out. Counted events where no usage was sent.
    @inline(__always) public var streamedTokens: Int64 {
        guard tokenSource == .usage, let outputTokens else { return Int64(max(0, tokenEvents)) }
        if !hiddenReasoning { return max(0, outputTokens) }
        // Billed but not told how much of it was hidden: only the events are certain.
        guard let reasoningTokens, reasoningTokens >= 0 else { return Int64(max(0, tokenEvents)) }
        return max(0, max(0, outputTokens) - reasoningTokens)
    }

    /// (streamed tokens − n1)/(last − first token), tokens per second; n1 is the first read's share by bytes of text.
    /// nil with fewer than 8 tokens or fewer than 2 token-bearing reads after the first.
    @inline(__always) public var decodeTPS: Double? {
        let tokens = Double(streamedTokens)
        guard tokens >= 8, tokenReads >= 3, textBytes > 0, let firstToken, let lastToken, firstToken >= 0,
            lastToken > firstToken
        else { return nil }
        let firstShare = Double(min(max(0, firstReadTextBytes), textBytes)) / Double(textBytes)
        let rate = tokens * (1 - firstShare) / (Double(lastToken) - Double(firstToken)) * 1e9
        return rate > 0 ? rate : nil
    }

    /// The reciprocal of `decodeTPS`, in milliseconds per token.
    @inline(__always) public var tpotMilliseconds: Double? { decodeTPS.map { 1000 / $0 } }

    /// The mean gap between its reads with tokens, milliseconds; nil with fewer than 3 of them.
    @inline(__always) var meanGapMilliseconds: Double? {
        guard tokenReads >= 3, let firstToken, let lastToken, firstToken >= 0, lastToken >= firstToken else {
            return nil
        }
        return Double(lastToken - firstToken) / 1e6 / Double(tokenReads - 1)
    }

    /// Output tokens/e2e, tokens per second: what the caller gets, waiting included.
    @inline(__always) public var requestTPS: Double? {
        guard let e2eMilliseconds, e2eMilliseconds > 0, let tokens = countedOutputTokens, vectors == nil else {
            return nil
        }
        return Double(tokens) / e2eMilliseconds * 1000
    }

    /// Output tokens by usage, else counted events; nil when there was neither.
    @inline(__always) public var countedOutputTokens: Int64? {
        if let outputTokens { return max(0, outputTokens) }
        return tokenEvents > 0 ? Int64(tokenEvents) : nil
    }

    /// When its input is counted as read, since dispatched: with its first token, or where it has none, being answered in
    /// one piece, with the answer.
    @inline(__always) var inputRead: Int64? { firstToken ?? lastToken }

    /// Since t0; nil = not sent.
    @inline(__always) func instant(_ sinceDispatched: Int64?) -> Int64? {
        guard let dispatched, let sinceDispatched else { return nil }
        return dispatched &+ sinceDispatched
    }

    /// A stored duration below 0 is damage, not a figure.
    @inline(__always) private static func milliseconds(_ nanoseconds: Int64?) -> Double? {
        nanoseconds.flatMap { $0 >= 0 ? Double($0) / 1e6 : nil }
    }
}
