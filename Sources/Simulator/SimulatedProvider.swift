public import Schedule
internal import Ticks
public import Transport
internal import Wire

/// Serves every API that spate speaks as a scenario says, on a loop.
///
///     POST /v1/chat/completions    GET /v1/models    GET /health    GET /metrics    GET /spate/stats
///          /v1/completions  /v1/responses  /v1/messages  /api/chat  /generate_stream
///          /v1beta/models/simulated:streamGenerateContent  /v2/chat  /v1/embeddings
///
/// Prompt tokens are counted as bytes of text / 4, at least one. The head of a stream goes out when a request is
/// accepted, before its prefill, with a role chunk that is no token. In one turn a request is taken in or tokens are
/// given, never one within the other: the server below reports a client's going, and its next request, a turn later.
public final class SimulatedProvider {
    public static let model = "simulated"
    private static let modelLists = Set(API.allCases.map { $0.modelsPath(base: $0.basePath) })

    let scenario: Scenario
    var model: ServerModel
    var sessions: [ServerModel.SequenceID: ChatSession] = [:]
    var stalled: [ChatSession] = []
    var events: [ServerModel.Event] = []
    var buffer: [UInt8] = []
    var replicas: ReplicaHistory
    var lag = EmissionLag()
    var tallies = ReplicaTallies()
    var requests = 0
    var limitWindow = LimitWindow()
    var router: PrefixRouter?
    let parser = JSONParser()
    let created: Int64  // Unix seconds
    let journal: TruthJournal?
    private(set) var server: HTTPServer?
    let stage: FaultStage
    let ownDialect: ServedDialect
    private var timer: PreciseTimer?
    private var ticker: PreciseTimer?
    private let queuesBefore = ListenQueues.now()

    /// Serves at once.
    /// - Parameters:
    ///   - scenario: its times are multiplied by its `timeScale`.
    ///   - truth: path of the journal; nil keeps none.
    public init(loop: EventLoop, host: String, port: Int, scenario: Scenario, truth: String?) throws(SimulatorError) {
        let scaled = scenario.scaled()
        self.scenario = scaled
        ownDialect = scenario.dialect.flatMap(ServedDialect.init(named:)) ?? .plain
        stage = FaultStage(loop: loop)
        let start = MonotonicClock.now()
        model = ServerModel(scenario: scaled, start: start)
        replicas = ReplicaHistory(readyFromTheStart: scaled.replicasMin, at: start)
        router = scaled.serving.router.map { PrefixRouter($0, replicas: scaled.replicasMin, seed: scaled.seed) }
        created = (start.nanoseconds + MonotonicClock.realtimeOffset()) / 1_000_000_000
        if let truth {
            guard let journal = TruthJournal(path: truth) else {
                throw SimulatorError(text: "cannot write the truth journal \(truth)")
            }
            self.journal = journal
        } else {
            journal = nil
        }
        buffer.reserveCapacity(4096)
        do throws(HTTPServerError) {
            server = try HTTPServer(loop: loop, host: host, port: port) { [unowned self] in take($0) }
        } catch {
            throw SimulatorError(text: error.text)
        }
        timer = PreciseTimer(loop: loop) { [unowned self] _ in run() }
        ticker = PreciseTimer(loop: loop) { [unowned self] _ in tick() }
        journal?.begin(scaled, timeScale: scenario.timeScale, at: start)
        tick()
        arm()
        loop.onClose { [self] in end() }
    }

    public var port: Int { server?.port ?? 0 }

    // MARK: requests

    private func take(_ exchange: HTTPExchange) {
        // `/together/v1/chat/completions` is answered as Together would.
        let (dialect, path) = ServedDialect.split(path: exchange.path)
        if let call = ServedCall(path: path) {
            guard exchange.method == "POST" else { return refuseMethod(exchange, allowed: "POST") }
            return take(call, exchange, dialect ?? ownDialect)
        }
        let isModelList = Self.modelLists.contains(path)
        switch (exchange.method, path) {
        case ("GET", _) where isModelList, ("HEAD", _) where isModelList:
            buffer.removeAll(keepingCapacity: true)
            ModelList.append(ids: [Self.model], created: created, owner: "spate", to: &buffer)
            exchange.respond(status: 200, type: "application/json", body: buffer)
        case ("GET", "/health"), ("HEAD", "/health"):
            exchange.respond(status: 200, type: "application/json", body: Array("{\"status\":\"ok\"}".utf8))
        case ("GET", "/spate/stats"): exchange.respond(status: 200, type: "application/json", body: stats)
        case ("GET", "/metrics") where scenario.metrics != nil:
            exchange.respond(status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: metrics)
        case (_, "/health"), (_, "/spate/stats"),
            (_, _) where isModelList:
            refuseMethod(exchange, allowed: "GET")
        default:
            refuse(exchange, 404, "no such path: \(exchange.method) \(exchange.path)", type: "invalid_request_error")
        }
    }

    private func refuseMethod(_ exchange: HTTPExchange, allowed: String) {
        refuse(
            exchange,
            405,
            "\(exchange.path) takes \(allowed)",
            type: "invalid_request_error",
            headers: [("Allow", allowed)]
        )
    }

    /// An error in OpenAI's shape.
    func refuse(
        _ exchange: HTTPExchange,
        _ status: Int,
        _ message: String,
        type: String,
        parameter: String? = nil,
        code: String? = nil,
        headers: [(String, String)] = []
    ) {
        if scenario.habits.errorsAreHTML {
            let page = Array("<html><body><h1>\(status)</h1></body></html>".utf8)
            exchange.respond(status: status, type: "text/html", headers: headers, body: page)
            return
        }
        var body: [UInt8] = []
        ChatAnswer.appendError(message: message, type: type, parameter: parameter, code: code, to: &body)
        exchange.respond(status: status, type: "application/json", headers: headers, body: body)
    }

    // MARK: the model's time

    private func run() {
        server?.acceptWaiting()
        advance()
        arm()
    }

    /// Brings the model to the present and gives out what it has for the clients.
    func advance() {
        model.advance(to: MonotonicClock.now(), into: &events)
        perform()
    }

    func arm() {
        if let deadline = model.nextDeadline { timer?.arm(at: deadline) } else { timer?.disarm() }
    }

    // MARK: the books

    private var counts: [(name: String, value: Int64)] {
        let queues = ListenQueues.now()
        return [
            ("requests", Int64(requests)), ("accepted", Int64(server?.accepted ?? 0)),
            ("connections_dropped", Int64(server?.dropped ?? 0)),
            ("listen_overflows", queues.overflows - queuesBefore.overflows),
            ("listen_drops", queues.drops - queuesBefore.drops), ("token_writes", Int64(lag.count)),
            ("emission_lag_p50_ns", lag.quantile(0.5)), ("emission_lag_p99_ns", lag.quantile(0.99)),
            ("emission_lag_max_ns", lag.greatest), ("cpu_ns", ProcessResources.processCPU()),
        ]
    }

    /// As its engine would tell them, up to this instant.
    private var metrics: [UInt8] {
        advance()
        arm()
        let page = MetricsPage(
            names: scenario.metrics ?? .vLLM,
            model: Self.model,
            slots: scenario.slotsPerReplica,
            replicas: model.loads.map { load in
                MetricsPage.Replica(
                    number: load.number,
                    running: load.running,
                    tally: tallies.tallies[load.number] ?? .init()
                )
            },
            waiting: model.waiting,
            whole: Array(tallies.tallies.values)
        )
        return Array(page.text.utf8)
    }

    private var stats: [UInt8] {
        var text: [UInt8] = []
        text.text("{\"scenario\":")
        text.quoted(scenario.name)
        text.member("waiting", Int64(model.waiting))
        text.member("running", Int64(model.running))
        text.member("replicas_ready", Int64(model.readyReplicas))
        text.member("replicas_starting", Int64(model.startingReplicas))
        text.member("connections_open", Int64(server?.openConnections ?? 0))
        for (name, value) in counts { text += Array(",\"\(name)\":\(value)".utf8) }
        text.text(journal?.hasFailed == true ? ",\"journal_failed\":true}" : ",\"journal_failed\":false}")
        return text
    }

    private func tick() {
        journal?.flush()
        ticker?.arm(at: MonotonicClock.now().advanced(byNanoseconds: 1_000_000_000))
    }

    private func end() {
        for session in Array(sessions.values) { finish(session, .stopped) }
        for session in stalled { finish(session, .stalled) }
        sessions.removeAll()
        stalled.removeAll()
        journal?.end(counts, replicas: replicas.lives)
    }
}

/// Why a simulated provider could not be started.
public struct SimulatorError: Error, Sendable, CustomStringConvertible {
    public var text: String
    public var description: String { text }
}

@available(*, unavailable) extension SimulatedProvider: Sendable {}
