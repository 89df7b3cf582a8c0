internal import Ticks
public import Transport
public import Wire

/// The cheap look at a target before anything is billed: is the name known, does the port answer, which models are there?
public struct Preflight: Sendable {
    public struct Question: Sendable {
        public var endpoint: Endpoint
        public var path: String  // of the list of models
        public var headers: [Header]

        public init(endpoint: Endpoint, path: String, headers: [Header]) {
            self.endpoint = endpoint
            self.path = path
            self.headers = headers
        }
    }

    public struct Answer: Sendable {
        /// The endpoint with its addresses.
        public var endpoint: Endpoint
        public var resolveNanoseconds: Int64 = 0
        /// HTTP status of GET /models; 0 when there was no answer.
        public var status = 0
        public var models: [String] = []
        /// It was a list of models, with none in it.
        public var listsNoModel = false
        /// Why the target cannot be used at all: it could not be reached.
        public var failure: TransferFailure?
        /// The HTTP version that was spoken: 1 or 2; 0 without an answer.
        public var http = 0
        /// First words of an answer that was no list of models.
        public var words: String?
    }

    /// Asks on a loop of its own; takes at most `seconds`. `meanwhile` is called ten times a second.
    public static func ask(
        _ question: Question,
        seconds: Int64 = 10,
        meanwhile: @escaping () -> Void = {}
    ) -> Answer {
        let loop = EventLoop()
        var answer = Answer(endpoint: question.endpoint)
        let asked = MonotonicClock.now()
        let ticker = Ticker(loop: loop) { standstills in
            meanwhile()
            guard standstills.age(since: asked, at: MonotonicClock.now()) > seconds * 1_000_000_000 else { return }
            answer.failure = TransferFailure(
                kind: .connect,
                detail: "connect_timeout",
                text: "no answer from \(question.endpoint.origin) within \(seconds) s"
            )
            loop.stop()
        }
        ticker.start()
        var look: ModelsLook?
        Resolver.resolve(question.endpoint.connectedHost, loop: loop) { resolved in
            if let problem = resolved.problem {
                answer.failure = TransferFailure(
                    kind: .resolve,
                    detail: "dns",
                    text: "the name \(question.endpoint.connectedHost) could not be resolved: \(problem)"
                )
                loop.stop()
                return
            }
            answer.endpoint.addresses = resolved.addresses
            answer.resolveNanoseconds = resolved.nanoseconds
            look = ModelsLook(loop: loop, endpoint: answer.endpoint, question: question) { found in
                answer.status = found.status
                answer.models = found.models
                answer.listsNoModel = found.listsNoModel
                answer.failure = found.failure
                answer.words = found.words
                answer.http = found.http
                loop.stop()
            }
        }
        withExtendedLifetime(ticker) { loop.run() }
        _ = look
        return answer
    }
}

/// GET /models on one connection.
private final class ModelsLook: TransferHandler {
    struct Found {
        var status = 0
        var models: [String] = []
        var listsNoModel = false
        var failure: TransferFailure?
        var words: String?
        var http = 0
    }

    private static let limit = 4 * 1024 * 1024
    private let client: HTTPClient
    private let done: (Found) -> Void
    private var body: [UInt8] = []

    init(loop: EventLoop, endpoint: Endpoint, question: Preflight.Question, done: @escaping (Found) -> Void) {
        self.done = done
        client = HTTPClient(loop: loop, endpoint: endpoint, headers: question.headers.map { ($0.name, $0.value) })
        let transfer = client.transfer()
        transfer.handler = self
        transfer.prepare(get: question.path, requestID: "preflight")
        client.start(transfer, connection: .cold)
    }

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        guard body.count + bytes.count <= Self.limit else { return }
        bytes.withUnsafeBufferPointer { body.append(contentsOf: $0) }
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) {
        var found = Found()
        found.status = transfer.status
        found.http = transfer.timing.http
        found.failure = failure
        if failure == nil, transfer.status == 200 {
            let bytes = body  // a span of a property could outlive an access to it
            let ids = ModelList.ids(in: bytes.span, parser: JSONParser())
            found.models = ids ?? []
            found.listsNoModel = ids?.isEmpty ?? false
        }
        if let redirection = transfer.redirection {
            found.words = redirection
        } else if found.models.isEmpty {
            found.words = String(decoding: body.prefix(200), as: UTF8.self)
        }
        done(found)
    }
}
