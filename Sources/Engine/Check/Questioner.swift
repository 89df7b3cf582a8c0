public import Measurement
internal import Ticks
internal import Transport
internal import Wire

/// Puts a script's questions to a target, one after the other, on a loop of its own.
public enum Questioner {
    /// Takes at most `seconds` for each answer. `meanwhile` is called ten times a second.
    public static func run<Script: Questionnaire>(
        _ script: Script,
        at target: EngineTarget,
        redactor: Redactor,
        seconds: Int64,
        meanwhile: @escaping () -> Void
    ) -> (records: [QuestionRecord], script: Script) {
        let loop = EventLoop()
        let session = QuestionSession(loop: loop, script: script, target: target, redactor: redactor, seconds: seconds)
        let ticker = Ticker(loop: loop) { standstills in
            meanwhile()
            session.tick(standstills)
        }
        ticker.start()
        session.askNext()
        withExtendedLifetime(ticker) { loop.run() }
        return (session.records, session.script)
    }
}

/// Calls ten times a second.
final class Ticker {
    private static let interval: Int64 = 100_000_000
    private var timer: PreciseTimer?
    private var standstills = Standstills()

    /// - Parameter body: is told when the loop did not run.
    init(loop: EventLoop, _ body: @escaping (Standstills) -> Void) {
        timer = PreciseTimer(loop: loop) { [unowned self] due in
            standstills.note(due: due, ran: MonotonicClock.now())
            body(standstills)
            start()
        }
    }

    func start() { timer?.arm(at: MonotonicClock.now().advanced(byNanoseconds: Self.interval)) }
}

/// The requests of one check.
private final class QuestionSession<Script: Questionnaire>: TransferHandler {
    private(set) var script: Script
    private(set) var records: [QuestionRecord] = []
    private let loop: EventLoop
    private let target: EngineTarget
    private let redactor: Redactor
    private let limit: Int64
    private let client: HTTPClient
    private let transfer: Transfer
    private let parser = JSONParser()
    private var question: Question?
    private var follower: ReplyFollower
    private var usageBeforeTokens = 0  // token events when the usage first came
    private var hasUsage = false
    /// Between two questions, so that a server that closes its connections has done so.
    private let pauseTicks = 1
    private var idleTicks = 0

    init(loop: EventLoop, script: Script, target: EngineTarget, redactor: Redactor, seconds: Int64) {
        self.loop = loop
        self.script = script
        self.target = target
        self.redactor = redactor
        limit = seconds * 1_000_000_000
        let headers = target.headers.map { ($0.name, $0.value) }
        client = HTTPClient(loop: loop, endpoint: target.endpoint, headers: headers)
        transfer = client.transfer()
        follower = ReplyFollower(
            decoder: ReplyDecoder(
                api: target.provider.api,
                parser: parser,
                servedBy: target.provider.servedBy
            )
        )
    }

    func askNext() {
        guard let next = script.upcoming else {
            loop.stop()
            return
        }
        idleTicks = 0
        question = next
        inputs = target.provider.api.makesVectors ? next.prompts.count : nil
        follower.reset(keepsText: false)
        (hasUsage, usageBeforeTokens) = (false, 0)
        transfer.handler = self
        let model = next.purpose == .wrongModel ? "spate-check-no-such-model" : target.model
        transfer.prepare(
            post: target.requestPath(model: model),
            body: next.purpose == .brokenBody ? Array("{\"model\":".utf8) : body(next, model: model),
            requestID: "spate-\(Script.name)-\(records.count)"
        )
        client.start(transfer, connection: records.isEmpty ? .cold : .any)
    }

    private func body(_ question: Question, model: String) -> [UInt8] {
        var provider = target.provider
        question.dialect.apply(to: &provider, model: target.model)
        var request = ChatRequest(
            model: model,
            messages: question.prompts.map { .init(role: "user", content: $0) },
            maxTokens: question.cap,
            provider: provider
        )
        if !question.dialect.sendsTemperature { request.temperature = nil }
        request.extra += question.extra
        return request.body(api: provider.api)
    }

    /// Texts asked for as vectors; nil = text is asked for.
    private var inputs: Int?

    /// An answer that takes too long is over; the next question comes after a pause.
    func tick(_ standstills: Standstills) {
        guard question != nil else {
            idleTicks += 1
            if idleTicks > pauseTicks { askNext() }
            return
        }
        let now = MonotonicClock.now()
        if let over = follower.end.over(ReplyEnd.Patience()) {
            guard now >= over else { return }
            client.cancel(transfer)
            return end(.complete)
        }
        guard standstills.age(since: transfer.timing.dispatched, at: now) > limit else { return }
        client.cancel(transfer)
        end(.ours(follower.state.firstToken == nil ? .timeoutFirstToken : .timeoutTotal))
    }

    // MARK: the transfer

    func transfer(_ transfer: Transfer, received bytes: Span<UInt8>, at stamp: ReceiveStamp) {
        _ = follower.receive(bytes, at: stamp, of: transfer)
        let reply = follower.decoder.reply
        if !hasUsage, reply.usage.output != nil {
            hasUsage = true
            usageBeforeTokens = reply.tokenEvents
        }
    }

    func transfer(_ transfer: Transfer, ended failure: TransferFailure?) {
        end(.transfer(failure))
    }

    private func end(_ cause: EndCause) {
        guard let question else { return }
        _ = follower.finish(transfer)
        self.question = nil
        let record = record(question, cause)
        records.append(record)
        script.note(record)
        idleTicks = 0
        if script.upcoming == nil { loop.stop() }
    }

    private func record(_ question: Question, _ cause: EndCause) -> QuestionRecord {
        let reply = follower.decoder.reply
        var record = QuestionRecord()
        record.purpose = question.purpose
        record.dialect = question.dialect
        record.cap = question.cap
        record.request = request(cause)
        record.isCut = reply.finish == .length
        record.isWhole = reply.isNotStreamed
        record.reasoningBytes = reply.reasoningBytes
        if reply.usage.output != nil {
            record.usagePlace = hasUsage && usageBeforeTokens * 2 < reply.tokenEvents ? .early : .end
        }
        if inputs != nil {
            record.usagePlace = reply.usage.input == nil ? .never : .end
            record.dimensions = reply.dimensions
        }
        if record.request.outcomeClass != .success {
            record.errorClass = ErrorClass(status: transfer.status, error: reply.error).rawValue
        }
        record.hasStructuredError = reply.error != nil && reply.body != .opaque
        let head = transfer.responseHead
        record.serverTimings = ServerTimings.told(by: head.span).merging(reply.serverTimings?.named ?? [:]) { $1 }
        if let line = head.split(separator: UInt8(ascii: "\n")).first {
            record.httpVersion = String(decoding: line.prefix { $0 != 0x20 }, as: UTF8.self)
        }
        record.server = transfer.responseHeader("server").map { redactor.redacted(String($0.prefix(64))) }
        let now = Double(MonotonicClock.now().nanoseconds + MonotonicClock.realtimeOffset()) / 1e9
        if let limits = RateLimits(head: head.span, unixSeconds: { now }) {
            var book = RateLimitBook()
            book.note(limits, at: 0)
            record.rateLimits = book.record
        }
        return record
    }

    private func request(_ cause: EndCause) -> RequestRecord {
        let asked = ReplyFollower.Question(streams: target.provider.streams, inputs: inputs, fixesLength: true)
        var request = follower.record(asked, transfer, cause, redactor: redactor)
        request.sequence = Int64(records.count)
        request.dispatchLag = 0
        return request
    }
}

extension ServerTimings {
    var named: [String: Double] {
        [
            "queue": queueMilliseconds, "prefill": prefillMilliseconds, "generation": generationMilliseconds,
            "first_token": firstTokenMilliseconds,
        ].compactMapValues { $0 }
    }
}
