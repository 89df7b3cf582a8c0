import Glibc
import Measurement
import Report
import Store
import Synchronization
import Ticks
import Transport

/// The report's page while the run goes on: served on loopback, read-only, from a thread and an event loop of its own.
///
/// What it shows is made from what is stored, as every report is; the run's own loops know nothing of it.
final class LivePage: Sendable {
    var port: Int { server.port }
    private let server: ServedThread
    private let renderer: LoopThread
    private let state: State

    /// What the two threads share.
    private final class State: Sendable {
        struct Shown {
            var page: [UInt8]?
            var revision = 0
            var viewers = 0
            var isOver = false
            var isClosing = false
        }
        let shown = Mutex(Shown())
        let isStopped = Atomic(false)
    }

    /// Between two states at least this, and ten times what making one took, so that it costs little of the machine.
    private static let shortestPause: UInt32 = 1_000_000  // microseconds, as the next
    private static let farewell: UInt32 = 1_500_000
    /// With more it stands still until the run is over: each state reads them all, 0.2 GB and some seconds by then.
    private static let mostRequests = 300_000

    /// nil where none is wanted. A folder that was made for a run that cannot begin goes away again.
    static func open(_ output: Job.Output, folder: RunFolder) throws(Failure) -> LivePage? {
        guard let port = output.livePort else { return nil }
        do throws(Failure) {
            let page = try LivePage(folder: folder.path, port: port)
            Console.error("live: http://127.0.0.1:\(page.port)/\n")
            return page
        } catch {
            folder.removeIfEmpty(simulatedProviders: 0)
            throw error
        }
    }

    /// Listens at once.
    /// - Parameter port: 0 = any free one.
    init(folder: String, port wanted: Int) throws(Failure) {
        let state = State()
        do throws(HTTPServerError) {
            server = try ServedThread(named: "page", port: wanted) { loop, port in
                let viewers = Viewers()
                return (
                    answer: { Self.answer($0, state, viewers, port: port()) },
                    wake: {
                        let shown = state.shown.withLock { shown in
                            shown.viewers = viewers.count
                            return (revision: shown.revision, isOver: shown.isOver, isClosing: shown.isClosing)
                        }
                        if shown.isClosing { return loop.stop() }
                        viewers.tell(shown.isOver ? "end" : "state", shown.revision)
                    }
                )
            }
        } catch {
            throw Failure(.badInput, "--live-port \(wanted): \(error)")
        }
        let waker = server.waker
        renderer = LoopThread(name: "page-render") { Self.render(state, folder: folder, waker: waker) }
        self.state = state
    }

    /// The run is over and stored: shows its report to whoever looks, then ends.
    func finish() {
        state.isStopped.store(true, ordering: .releasing)
        renderer.join()
        let viewers = state.shown.withLock { shown in
            shown.isOver = true
            return shown.viewers
        }
        server.waker.wake()
        // Those who look are told, and then take the last page: they need a moment.
        if viewers > 0 { usleep(Self.farewell) }
        state.shown.withLock { $0.isClosing = true }
        server.waker.wake()
        server.join()
    }

    // MARK: Rendering

    private static func render(_ state: State, folder: String, waker: EventLoop.Waker) {
        // The measurement goes before the picture of it.
        LoopThread.giveWay()
        var pause: UInt32 = 0
        var standsStill = false
        while true {
            let isLast = state.isStopped.load(ordering: .acquiring)
            let began = MonotonicClock.now()
            if isLast || !standsStill, let page = page(of: folder, isLast: isLast, &standsStill) {
                state.shown.withLock { shown in
                    shown.page = page
                    shown.revision += 1
                }
                waker.wake()
            }
            if isLast { return }
            let took = UInt32(clamping: MonotonicClock.now().nanoseconds(since: began) / 1000)
            pause = max(shortestPause, took.multipliedReportingOverflow(by: 10).partialValue)
            var waited: UInt32 = 0
            while waited < pause, !state.isStopped.load(ordering: .acquiring) {
                usleep(50_000)
                waited += 50_000
            }
        }
    }

    /// nil while nothing can be read yet.
    private static func page(of folder: String, isLast: Bool, _ standsStill: inout Bool) -> [UInt8]? {
        guard var recorded = try? StoredResult.read(folder) else { return nil }
        if !isLast, recorded.requests.count > mostRequests {
            standsStill = true
            let count = PlanSummary.grouped(recorded.requests.count)
            recorded.run.warnings.append(
                "This page stands still from here on, until the run is over: to draw its \(count) requests again and "
                    + "again would take memory and time of the machine that measures. `spate status \(folder)` tells how it goes on."
            )
        }
        // One at a time: the other cores belong to the measurement.
        let isLive = !isLast || !recorded.run.complete
        return Array(ReportPage.text(recorded, path: folder, isLive: isLive, workers: .one).utf8)
    }

    // MARK: Serving

    /// Only this machine's own address, and no page from elsewhere: a name that was rebound to 127.0.0.1 has another Host.
    private static func answer(_ exchange: HTTPExchange, _ state: State, _ viewers: Viewers, port: Int) {
        let own = ["127.0.0.1:\(port)", "localhost:\(port)"]
        guard let host = exchange.header("host"), own.contains(host) else {
            return exchange.refuse(403, "this page is for 127.0.0.1 only", headers)
        }
        if let origin = exchange.header("origin"), !own.map({ "http://" + $0 }).contains(origin) {
            return exchange.refuse(403, "not for pages of other origins", headers)
        }
        guard exchange.method == "GET" || exchange.method == "HEAD" else {
            return exchange.refuse(405, "read-only", headers)
        }
        switch exchange.path {
        case "/":
            guard let page = state.shown.withLock({ $0.page }) else {
                return exchange.refuse(
                    503,
                    "nothing was measured yet; ask again in a second",
                    headers + [("Retry-After", "1"), ("Refresh", "1")]
                )
            }
            exchange.respond(status: 200, type: "text/html; charset=utf-8", headers: headers, body: page)
        case "/events":
            exchange.startStream(
                status: 200,
                type: "text/event-stream",
                headers: headers,
                first: Array("retry: 1000\n\n".utf8)
            )
            viewers.add(exchange)
        default: exchange.refuse(404, "not found: this server has / and /events", headers)
        }
    }

    private static let headers = [
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]

    /// Those who wait for the next state; of the server's thread alone.
    private final class Viewers {
        private var open: [ObjectIdentifier: HTTPExchange] = [:]
        private static let mostBacklog = 4096

        var count: Int { open.count }

        func add(_ exchange: HTTPExchange) {
            open[ObjectIdentifier(exchange)] = exchange
            exchange.onDisconnect = { [unowned self, unowned exchange] in open[ObjectIdentifier(exchange)] = nil }
        }

        func tell(_ event: String, _ revision: Int) {
            let text = Array("event: \(event)\ndata: \(revision)\n\n".utf8)
            for (key, exchange) in open {
                // One that does not read is let go; it comes back by itself.
                if exchange.backlog > Self.mostBacklog {
                    exchange.abandon()
                    open[key] = nil
                } else {
                    exchange.write(text.span)
                }
            }
        }
    }
}
