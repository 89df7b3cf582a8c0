internal import Schedule

/// Faults of status, connection and HTTP's form.
extension FaultScript {
    static func refusal(_ fault: Fault) -> FaultScript {
        switch fault {
        case .http400: whole(400, error("no"))
        case .contextLength: whole(400, error("This model's maximum context length is 8192 tokens"))
        case .http401: whole(401, error("no"))
        case .http402: whole(402, error("no"))
        case .http403: whole(403, error("no"))
        case .http404: whole(404, error("no"))
        case .http408: whole(408, error("no"))
        case .http413: whole(413, error("no"))
        case .http422: whole(422, error("no"))
        case .http429: whole(429, error("slow down"), headers: "Retry-After: 1\r\n")
        case .retryAfterDate: whole(429, error("slow down"), headers: "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n")
        case .retryAfterGarbage: whole(429, error("slow down"), headers: "Retry-After: -soon, maybe\r\n")
        case .retryAfterHuge: whole(429, error("slow down"), headers: "Retry-After: 99999999999999999999\r\n")
        case .quotaExhausted: whole(429, error("You exceeded your quota", code: "insufficient_quota"))
        case .http500: whole(500, error("no"))
        case .http502: whole(502, "<html><h1>502 Bad Gateway</h1></html>", type: "text/html")
        case .http503: whole(503, error("no"))
        case .modelLoading: whole(503, error("Loading model", type: "unavailable_error", code: "503"))
        case .http504: whole(504, "upstream request timeout", type: "text/plain")
        case .http529: whole(529, error("no"))
        case .redirect: whole(302, "", headers: "Location: http://127.0.0.1:1/elsewhere\r\n")
        case .noContent: FaultScript([.send(bytes("HTTP/1.1 204 No Content\r\n\r\n")), .done], status: 204)
        default:  // early hints
            FaultScript(
                [
                    .send(bytes("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")), .pause(milliseconds: 20),
                ] + stream(good).steps
            )
        }
    }

    static func connection(_ fault: Fault) -> FaultScript {
        let begun = streamHead + chunk(role + text("One") + text(" two"))
        switch fault {
        case .closeWithoutReply: return FaultScript([.close], status: 0)
        case .resetBeforeHead: return FaultScript([.reset], status: 0)
        case .resetAfterHead: return FaultScript([.send(streamHead), .pause(milliseconds: 30), .reset])
        case .resetMidstream: return FaultScript([.send(begun), .pause(milliseconds: 30), .reset])
        case .resetAfterEnd: return FaultScript([.send(streamHead + chunk(good)), .pause(milliseconds: 30), .reset])
        case .closeAfterHead: return FaultScript([.send(streamHead), .close])
        case .closeMidstream: return FaultScript([.send(begun), .close])
        case .noAnswer: return FaultScript([.pause(milliseconds: 60_000), .close], status: 0)
        case .slowHead:
            return FaultScript([.send(bytes("HTTP/1.1 200 OK\r\nX-Slow: "))] + trickle(bytes("a")), status: 0)
        case .slowBody: return FaultScript([.send(begun + chunk(":"))] + trickle(chunk(".")))
        case .keepAliveOnly: return FaultScript([.send(streamHead)] + trickle(chunk(": keep-alive\n\n")))
        case .stall: return FaultScript([.send(begun), .pause(milliseconds: 60_000), .close])
        default:  // a stall that ends
            let rest = chunk(text(" three") + text(" four") + stop + usage(4) + done) + lastChunk
            return FaultScript([.send(begun), .pause(milliseconds: 150), .send(rest), .done])
        }
    }

    /// The same few bytes every 50 ms, for half a minute at most.
    private static func trickle(_ bytes: [UInt8]) -> [Step] {
        (0..<600).flatMap { _ in [Step.pause(milliseconds: 50), .send(bytes)] } + [.close]
    }

    static func form(_ fault: Fault) -> FaultScript {
        let begun = streamHead + chunk(role + text("One"))
        let rest = text(" two") + stop + usage(2) + done
        func raw(_ text: String) -> FaultScript { FaultScript([.send(begun + bytes(text)), .close]) }
        switch fault {
        case .chunkBadSize: return raw("zz\r\nnonsense\r\n")
        case .chunkHugeSize: return raw("FFFFFFFFFFFFFFFFF\r\n" + rest)
        case .chunkNegativeSize: return raw("-5\r\n" + rest)
        case .chunkWithoutEnd: return raw("\(String(rest.utf8.count, radix: 16))\r\n\(rest)5\r\n")
        case .chunkTrailers:
            return FaultScript([.send(begun + chunk(rest) + bytes("0\r\nX-Checksum: 12\r\n\r\n")), .done])
        case .lengthTooLong:
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99999\r\n\r\n"
            return FaultScript([.send(bytes(head + role + text("One"))), .close])
        case .lengthTooShort:
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: \(good.utf8.count)\r\n\r\n"
            return FaultScript([.send(bytes(head + good + "HTTP/1.1 500 Not yours\r\n\r\n")), .close])
        case .headerTooLong:
            let line = "HTTP/1.1 200 OK\r\nX-Long: " + String(repeating: "a", count: 1 << 20) + "\r\n\r\n"
            return FaultScript([.send(bytes(line)), .close])
        case .endlessLine:
            let line = chunk([UInt8](repeating: 0x61, count: 1 << 20))
            let steps = [Step.send(streamHead + chunk(role + "data: "))] + (0..<17).map { _ in Step.send(line) }
            return FaultScript(steps + [.send(lastChunk), .done])
        case .longEvent:
            let padding = "\"padding\":\"" + String(repeating: "a", count: 1 << 20) + "\",\"content\":\" two\""
            return stream(role + text("One") + event(padding) + stop + usage(2) + done)
        case .gzip:
            // RFC 1952's head and what need not be read: nobody asked for it.
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
            let body: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0x4c, 0x4a, 0x06, 0, 0xc2, 0x41, 0x24, 0x35]
            return FaultScript([.send(bytes(head + "Content-Length: \(body.count)\r\n\r\n") + body), .done])
        case .webPage: return whole(200, "<!doctype html><title>Welcome</title>", type: "text/html")
        default:  // byte by byte
            return FaultScript([.send(streamHead)] + good.utf8.map { .send(chunk([$0])) } + [.send(lastChunk), .done])
        }
    }

    /// Everything a server could repeat of a request: in a status' reason, a header, an error's message, type and code.
    static func echo(_ headers: [(name: String, value: String)]) -> FaultScript {
        let secrets = headers.filter { ["authorization", "x-api-key", "api-key", "x-goog-api-key"].contains($0.name) }
        let words = secrets.map(\.value).joined(separator: " ")
        let body = error("you sent \(words)", type: words, code: words)
        let head =
            "HTTP/1.1 400 \(words)\r\nContent-Type: application/json\r\nX-Request-Id: \(words)\r\n"
            + "Retry-After: \(words)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return FaultScript([.send(bytes(head + body)), .done], status: 400)
    }
}
