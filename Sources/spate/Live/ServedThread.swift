import Glibc
import Synchronization
import Transport

/// A small HTTP server on a thread and an event loop of its own, off everything that measures.
final class ServedThread: Sendable {
    let port: Int
    /// Wakes the loop, on whose thread `wake` is called.
    let waker: EventLoop.Waker
    private let thread: LoopThread

    /// Listens at once.
    /// - Parameters:
    ///   - port: 0 = any free one.
    ///   - make: on the server's thread, with its port once that is known: what answers a request, and what is done when
    ///     the loop is woken.
    init(
        named name: String,
        host: String = "127.0.0.1",
        port wanted: Int,
        make:
            @escaping @Sendable (EventLoop, _ port: @escaping () -> Int) -> (
                answer: (HTTPExchange) -> Void, wake: () -> Void
            )
    ) throws(HTTPServerError) {
        let opened = Mutex<Result<(Int, EventLoop.Waker), HTTPServerError>?>(nil)
        thread = LoopThread(name: name) {
            let loop = EventLoop()
            var served = 0
            let (answer, wake) = make(loop) { served }
            do throws(HTTPServerError) {
                let server = try HTTPServer(loop: loop, host: host, port: wanted, listeners: 1, handle: answer)
                served = server.port
                loop.onWake(wake)
                opened.withLock { $0 = .success((server.port, loop.waker)) }
            } catch {
                opened.withLock { $0 = .failure(error) }
                loop.stop()
            }
            loop.run()
        }
        var answer: Result<(Int, EventLoop.Waker), HTTPServerError>?
        while answer == nil {
            usleep(200)
            answer = opened.withLock { $0 }
        }
        switch answer {
        case .success((let port, let waker)): (self.port, self.waker) = (port, waker)
        case .failure(let error): throw error
        case nil: preconditionFailure("a server that neither opened nor failed")
        }
    }

    func join() { thread.join() }
}

extension HTTPExchange {
    /// Words for whoever asked for something else.
    func refuse(_ status: Int, _ why: String, _ headers: [(String, String)] = []) {
        respond(status: status, type: "text/plain; charset=utf-8", headers: headers, body: Array((why + "\n").utf8))
    }
}
