import Synchronization
import TestSupport
import Ticks
import Transport

/// A chat server whose replies a test writes, with a journal of what it really got and when.
final class ChatServer: Sendable {
    enum After: Sendable { case keepAlive, close, reset }

    /// One POST, seen by the one who answers it.
    struct Exchange: Sendable {
        let connection: ScriptedServer.Connection
        let number: Int  // of the POST, from 0, in order of arrival
        let request: String
        fileprivate let leave: @Sendable () -> Void

        /// The head of a stream in chunks.
        func head(status: String = "200 OK", type: String = "text/event-stream") {
            connection.send("HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\r\n")
        }

        /// A piece of the body; false when the client is gone.
        @discardableResult
        func piece(_ text: String) -> Bool {
            connection.send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
        }

        func end() {
            leave()
            connection.send("0\r\n\r\n")
        }

        /// A reply in one piece.
        func whole(status: String, type: String = "application/json", _ body: String, headers: String = "") {
            leave()
            connection.send(
                "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
        }

        /// A stream from its head to its end.
        func stream(_ body: String) {
            head()
            if !body.isEmpty { piece(body) }
            end()
        }

        /// A whole answer: the role at once, the first token after `wait`, the others each `gap` later.
        func answer(
            wait: Int = 0,
            tokens: Int = 4,
            gap: Int = 0,
            finish: String = "stop",
            usage: (input: Int, output: Int)? = (16, 4)
        ) {
            head()
            piece(ReplySample.role)
            if wait > 0 { pause(milliseconds: wait) }
            for number in 0..<tokens {
                if number > 0, gap > 0 { pause(milliseconds: gap) }
                piece(ReplySample.text("word "))
            }
            piece(ReplySample.finish(finish))
            if let usage { piece(ReplySample.usage(input: usage.input, output: usage.output)) }
            piece(ReplySample.done)
            end()
        }
    }

    struct Journal: Sendable {
        var posts = 0
        var gets = 0
        var connections = 0
        var open = 0
        var mostOpen = 0
        var inFlight = 0
        var mostInFlight = 0
        var requestIDs: [String] = []
        var arrivals: [Instant] = []  // of the POSTs
    }

    private final class Books: Sendable { let journal = Mutex(Journal()) }

    private final class Latch: Sendable {
        private let isDone = Mutex(false)
        func once(_ body: () -> Void) {
            let isFirst = isDone.withLock { isDone in
                defer { isDone = true }
                return !isDone
            }
            if isFirst { body() }
        }
    }

    private let books: Books
    private let server: ScriptedServer

    var port: Int { server.port }
    var journal: Journal { books.journal.withLock { $0 } }

    /// - Parameter keepsAlive: whether a connection outlives a GET; for a POST the reply says.
    init(port: Int = 0, keepsAlive: Bool = true, _ reply: @escaping @Sendable (Exchange) -> After) {
        let books = Books()
        self.books = books
        server = ScriptedServer(port: port) { connection in
            books.journal.withLock { journal in
                journal.connections += 1
                journal.open += 1
                journal.mostOpen = max(journal.mostOpen, journal.open)
            }
            defer { books.journal.withLock { $0.open -= 1 } }
            while let request = connection.request() {
                guard request.hasPrefix("POST ") else {
                    books.journal.withLock { $0.gets += 1 }
                    let list = "{\"object\":\"list\",\"data\":[{\"id\":\"m\"}]}"
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(list.utf8.count)\r\n\r\n\(list)")
                    if keepsAlive { continue } else { return }
                }
                let number = books.journal.withLock { journal in
                    journal.arrivals.append(MonotonicClock.now())
                    journal.requestIDs.append(header("x-request-id", of: request) ?? "")
                    journal.inFlight += 1
                    journal.mostInFlight = max(journal.mostInFlight, journal.inFlight)
                    journal.posts += 1
                    return journal.posts - 1
                }
                // A request is over for the journal before its client can know it, and counts once.
                let latch = Latch()
                let leave: @Sendable () -> Void = {
                    latch.once { books.journal.withLock { $0.inFlight -= 1 } }
                }
                let after = reply(Exchange(connection: connection, number: number, request: request, leave: leave))
                leave()
                switch after {
                case .keepAlive: continue
                case .close: return
                case .reset: return connection.abortOnClose()
                }
            }
        }
    }

    func stop() { server.stop() }
}
