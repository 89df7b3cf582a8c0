internal import Ticks

extension TruthRecord {
    /// Appends the record as one line of JSON.
    func append(to line: inout [UInt8]) {
        line.text("{\"id\":")
        line.quoted(id)
        line.member("received", received.nanoseconds)
        line.member("dequeued", dequeued?.nanoseconds)
        line.member("replica", replica.map(Int64.init))
        line.text(",\"cold\":")
        line.text(cold.map { $0 ? "true" : "false" } ?? "null")
        line.member("first_token", firstToken?.nanoseconds)
        line.member("last_token", lastToken?.nanoseconds)
        line.member("ended", ended.nanoseconds)
        line.member("tokens_sent", Int64(tokensSent))
        line.member("prompt_tokens", Int64(promptTokens))
        line.member("cached_tokens", Int64(cachedTokens))
        line.member("cache_written_tokens", Int64(writtenTokens))
        line.member("cache_written_1h_tokens", Int64(writtenForHour))
        line.member("reasoning_tokens", Int64(reasoningTokens))
        line.text(",\"model\":")
        line.quoted(model)
        if let tier {
            line.text(",\"tier\":")
            line.quoted(tier)
        }
        if let vectors { line.member("vectors", Int64(vectors)) }
        line.member("max_tokens", maxTokens.map(Int64.init))
        line.member("status", Int64(status))
        line.text(streams ? ",\"stream\":true" : ",\"stream\":false")
        line.member("connection_request", Int64(connection))
        line.text(",\"outcome\":")
        line.quoted(outcome.rawValue)
        if let fault {
            line.text(",\"fault\":")
            line.quoted(fault)
        }
        if clientWasSlow { line.text(",\"slow_client\":true") }
        if outcome != .completed, !samples.isEmpty {
            line.text(",\"sent\":[")
            for (index, sample) in orderedSamples.enumerated() {
                line.text(index == 0 ? "[" : ",[")
                line.number(sample.at.nanoseconds)
                line.text(",")
                line.number(Int64(sample.tokens))
                line.text("]")
            }
            line.text("]")
        }
        line.text("}\n")
    }
}

extension [UInt8] {
    mutating func text(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func number(_ value: Int64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)  // 24 bytes; Int64.min has 20 characters
        Swift.withUnsafeMutableBytes(of: &digits) { place in
            var index = place.count
            var rest = value.magnitude
            repeat {
                index -= 1
                place[index] = 0x30 + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                index -= 1
                place[index] = 0x2d
            }
            append(contentsOf: UnsafeRawBufferPointer(rebasing: place[index...]))
        }
    }

    /// `,"name":value`, null for nil.
    mutating func member(_ name: StaticString, _ value: Int64?) {
        text(",\"")
        text(name)
        text("\":")
        if let value { number(value) } else { text("null") }
    }

    /// A JSON string of printable ASCII; other bytes become '?'.
    mutating func quoted(_ string: String) {
        append(0x22)
        for byte in string.utf8 {
            switch byte {
            case 0x22, 0x5c: append(contentsOf: [0x5c, byte])
            case 0x20..<0x7f: append(byte)
            default: append(0x3f)
            }
        }
        append(0x22)
    }
}
