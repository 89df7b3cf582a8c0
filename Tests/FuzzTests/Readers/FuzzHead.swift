@testable import Transport
@testable import Wire

/// The heads of requests and responses, and what a response's says of limits and of the server's own times.
///
/// Held: what a request's head brings holds no control character; waits are within a year; counts are 0 or more.
enum FuzzHead {
    static func read(_ bytes: [UInt8]) {
        if let head = try? RequestHead(bytes[...]) {
            for (name, value) in head.headers {
                precondition(name == name.lowercased() && !name.isEmpty)
                precondition(!value.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" })
            }
            if case .bytes(let count) = head.body { precondition(count > 0) }
            precondition(head.path.hasPrefix("/") || head.path == "*")
            _ = ServedDialect.split(path: head.path)
            _ = ServedCall(path: head.path)
        }
        var response = ResponseHead()
        for line in bytes.split(separator: 0x0a, omittingEmptySubsequences: false) {
            guard (Array(line) + [0x0a]).withUnsafeBufferPointer({ response.add($0) }) else { break }
        }
        let lines = response.lines
        precondition(lines.count <= 64 * 1024)
        for name in ["content-type", "retry-after", "location", "content-encoding"] {
            if let value = response.value(of: name) { precondition(!value.contains("\n")) }
        }
        if let limits = RateLimits(head: lines.span, unixSeconds: { 1_790_000_000 }) {
            for limit in limits.limits {
                precondition((limit.limit ?? 0) >= 0 && (limit.remaining ?? 0) >= 0)
                hold(limit.resetSeconds)
            }
            hold(limits.retryAfterSeconds)
        }
        for (_, milliseconds) in ServerTimings.told(by: lines.span) {
            precondition(milliseconds.isFinite && milliseconds >= 0)
        }
    }

    private static func hold(_ seconds: Double?) {
        if let seconds { precondition((0...WaitingTime.longest).contains(seconds), "\(seconds) s") }
    }
}
