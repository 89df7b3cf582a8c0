import Glibc
import Synchronization

@testable import Transport

/// An `HTTPServer` on a thread of its own, for tests.
final class ServedLoop: Sendable {
    let port: Int
    private let thread: LoopThread
    private let waker: EventLoop.Waker

    private final class Box: Sendable {
        let value = Mutex<(port: Int, waker: EventLoop.Waker)?>(nil)
    }

    /// `make` is called on the loop's thread and returns what handles each request.
    init(make: @escaping @Sendable (EventLoop) -> (HTTPExchange) -> Void) {
        let box = Box()
        thread = LoopThread(name: "served") {
            let loop = EventLoop()
            loop.onWake { loop.stop() }
            let handle = make(loop)
            guard let server = try? HTTPServer(loop: loop, host: "127.0.0.1", port: 0, handle: handle) else { return }
            let port = server.port
            box.value.withLock { $0 = (port, loop.waker) }
            loop.run()
        }
        while true {
            if let (port, waker) = box.value.withLock({ $0 }) {
                self.port = port
                self.waker = waker
                return
            }
            usleep(200)
        }
    }

    /// Answers each request with its method, path and body.
    static func echo() -> ServedLoop {
        ServedLoop { _ in
            { exchange in
                let text = "\(exchange.numberOnConnection) \(exchange.method) \(exchange.path) "
                exchange.respond(status: 200, type: "text/plain", body: Array(text.utf8) + exchange.body)
            }
        }
    }

    func stop() {
        waker.wake()
        thread.join()
    }
}
