import Glibc
import Measurement
import Report
import Synchronization
import Ticks
import Transport

/// The run's own metrics for Prometheus, served while it goes on; on loopback unless an address was given.
final class Telemetry: Sendable {
    /// Where it is served: `9464`, `0.0.0.0:9464`.
    struct Place: Sendable, Hashable {
        var host = "127.0.0.1"
        var port: Int

        init?(_ text: String) {
            let parts = text.hasPrefix("[") ? nil : text.split(separator: ":", omittingEmptySubsequences: false)
            if let parts, parts.count == 1, let port = Self.port(parts[0]) {
                self.port = port
                return
            }
            guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
                return nil
            }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty else { return nil }
            (self.host, self.port) = (String(host), port)
        }

        private static func port(_ text: Substring) -> Int? {
            Int(text).flatMap { (0...65_535).contains($0) && !text.hasPrefix("+") ? $0 : nil }
        }

        static let form = "PORT or ADDRESS:PORT, with a port from 0 (any free one) to 65535"
    }

    /// A run's last figures wait for one more scrape, at most so long.
    private static let farewell: Int64 = 20_000_000_000

    private struct State: Sendable {
        var id = ""
        var run = RunTelemetry()
        var isOver = false
        var isClosing = false
        var scrapes: [Instant] = []  // the last two
        var lastWasSeen = false
    }

    private final class Book: Sendable {
        let state = Mutex(State())
    }

    private let book: Book
    private let server: ServedThread

    /// Listens at once, and tells where.
    init(_ place: Place) throws(Failure) {
        let book = Book()
        self.book = book
        do throws(HTTPServerError) {
            server = try ServedThread(named: "telemetry", host: place.host, port: place.port) { loop, port in
                (
                    answer: { Self.answer($0, book, own: place.host == "127.0.0.1" ? port() : nil) },
                    wake: { if book.state.withLock(\.isClosing) { loop.stop() } }
                )
            }
        } catch {
            throw Failure(.badInput, "--metrics-port: \(error)")
        }
        let host = place.host.contains(":") ? "[\(place.host)]" : place.host
        Console.error("metrics: http://\(host):\(server.port)/metrics\n")
    }

    /// - Parameter id: the run's
    func begin(id: String) { book.state.withLock { $0.id = id } }

    func note(_ batch: RecordBatch) { book.state.withLock { $0.run.note(batch) } }

    /// The run is over and stored. Whoever scraped it gets its last figures: one more scrape is waited for, half as long
    /// again as usually lies between two.
    func finish() {
        let wait = book.state.withLock { state -> Int64 in
            state.isOver = true
            guard let last = state.scrapes.last else { return 0 }
            let usual = state.scrapes.count > 1 ? last.nanoseconds(since: state.scrapes[0]) : Self.farewell
            return min(Self.farewell, usual * 3 / 2 + 500_000_000)
        }
        let deadline = MonotonicClock.now().advanced(byNanoseconds: wait)
        while MonotonicClock.now() < deadline, !book.state.withLock(\.lastWasSeen) { usleep(20_000) }
        book.state.withLock { $0.isClosing = true }
        server.waker.wake()
        server.join()
    }

    /// - Parameter own: the port, where only this machine's own name for it is answered: a name that was rebound to
    ///   127.0.0.1 has another Host.
    private static func answer(_ exchange: HTTPExchange, _ book: Book, own port: Int?) {
        if let port, let host = exchange.header("host"), !["127.0.0.1:\(port)", "localhost:\(port)"].contains(host) {
            return exchange.refuse(403, "these metrics are for 127.0.0.1 only")
        }
        guard exchange.method == "GET" || exchange.method == "HEAD" else { return exchange.refuse(405, "read-only") }
        guard exchange.path == "/metrics" else { return exchange.refuse(404, "not found: this server has /metrics") }
        let (id, run, isOver) = book.state.withLock { state in
            state.scrapes = state.scrapes.suffix(1) + [MonotonicClock.now()]
            if state.isOver { state.lastWasSeen = true }
            return (state.id, state.run, state.isOver)
        }
        let text = PrometheusReport.text(run, id: id, version: Session.version, isOver: isOver)
        exchange.respond(
            status: 200,
            type: PrometheusReport.contentType,
            headers: [("Cache-Control", "no-store")],
            body: Array(text.utf8)
        )
    }
}
