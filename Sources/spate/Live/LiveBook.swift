import Measurement
import Report
import Synchronization

/// What the live view learns from the records on their way to the store: rows of the steps that are over, the first failure
/// of each kind, and how the load generator itself is.
final class LiveBook: Sendable {
    /// What was seen of one step.
    struct Step: Sendable {
        var record = StepRecord()
        var phase = PhaseRecord()
        var ended = 0  // first attempts and the others, measured or not
        var measured = 0  // of them
        var unsuccessful = 0  // of the measured
        var ttft = Histogram()
        var e2e = Histogram()
        var speeds: [Double] = []  // tokens/s of each measured success
        var answerNanoseconds: Int64 = 0  // of all successes
        var successes = 0
        fileprivate var tokens: [Int64: Int] = [:]  // events by bin

        var answerSeconds: Double? { successes >= 3 ? Double(answerNanoseconds) / Double(successes) / 1e9 : nil }

        /// Token events of the measured window, a second.
        var tokensPerSecond: Double? {
            guard let from = record.settled ?? record.started, let to = record.windowEnded ?? record.drained, to > from,
                record.binWidth > 0
            else { return nil }
            let bins = from / record.binWidth...max(from, to - 1) / record.binWidth
            let sum = tokens.reduce(0) { bins.contains($1.key) ? $0 + $1.value : $0 }
            return sum > 0 ? Double(sum) / (Double(to - from) / 1e9) : nil
        }
    }

    private struct State {
        var steps: [Int: Step] = [:]
        var phases: [Int: PhaseRecord] = [:]
        var over: [(id: Int, at: Int64)] = []  // drained, and when that was heard of
        var failures: Set<[String]> = []
        var events: [LiveEvent] = []
        var lost: [Int: [Int64: Int64]] = [:]  // by loop and second: time in which it was kept from running
        var cpu: [Int: (at: Int64, spent: Int64, percent: Double?)] = [:]  // by loop
        var stops = 0
        var longestStop: Int64 = 0
    }

    private static let mostSpeeds = 10_000
    /// Loops hand on what they have every 250 ms.
    private static let patience: Int64 = 500_000_000
    private let state = Mutex(State())

    func note(_ batch: RecordBatch) {
        state.withLock { state in
            for phase in batch.phases { state.phases[phase.id] = phase }
            for step in batch.steps {
                state.steps[step.id, default: Step()].record = step
                state.steps[step.id]?.phase = state.phases[step.phase] ?? PhaseRecord()
                if let drained = step.drained { state.over.append((step.id, drained)) }
            }
            for bin in batch.bins where bin.tokenEvents > 0 {
                state.steps[bin.step, default: Step()].tokens[bin.bin, default: 0] += bin.tokenEvents
            }
            for request in batch.requests { Self.add(request, to: &state) }
            for record in batch.histograms where Self.kept.contains(record.metric) {
                state.lost[record.loop, default: [:]][record.second, default: 0] += record.histogram.sum
            }
            for health in batch.health { Self.add(health, to: &state) }
            for incident in batch.incidents { Self.add(incident, to: &state) }
        }
    }

    private static let kept: Set<HistogramRecord.Metric> = [.heldUp, .shortStop, .stopped]

    private static func add(_ request: RequestRecord, to state: inout State) {
        let outcome = request.outcomeClass
        state.steps[request.step, default: Step()].add(request, mostSpeeds: mostSpeeds)
        guard outcome == .failed || outcome == .throttled || request.outcome == .clientResource else { return }
        let kind = [request.outcome.rawValue, request.detail ?? "", request.httpStatus.map(String.init) ?? ""]
        guard state.failures.insert(kind).inserted, state.failures.count <= 20 else { return }
        let status = request.httpStatus.map { ", HTTP \($0)" } ?? ""
        let detail = request.detail.map { " (\($0)\(status))" } ?? (status.isEmpty ? "" : " (\(status.dropFirst(2)))")
        let words = (request.error ?? request.note).map { ": \($0)" } ?? ""
        let at = Double(request.scheduled) + Double((request.dispatchLag ?? 0) + (request.ended ?? 0))
        state.events.append(
            LiveEvent(
                atSeconds: at / 1e9,
                text: "first \(request.outcome.rawValue)\(detail)\(words)",
                isTheirs: outcome != .excluded
            )
        )
    }

    private static func add(_ health: HealthRecord, to state: inout State) {
        let before = state.cpu[health.loop]
        let percent = before.flatMap { before in
            health.at > before.at
                ? 100 * Double(health.loopCPU - before.spent) / Double(health.at - before.at) : before.percent
        }
        state.cpu[health.loop] = (health.at, health.loopCPU, percent)
    }

    /// Stops come by the hundred on a busy machine: only those that outdo what was told before by far.
    private static func add(_ incident: IncidentRecord, to state: inout State) {
        let length = (incident.ended ?? incident.at) - incident.at
        let at = Double(incident.at) / 1e9
        switch incident.kind {
        case .clientStop:
            state.stops += 1
            guard length > 2 * state.longestStop else { return }
            state.longestStop = length
            let text = incident.detail ?? "client did not run for \(length / 1_000_000) ms"
            state.events.append(LiveEvent(atSeconds: at, text: text, isTheirs: false))
        case .outage, .throttling, .silence, .unusable, .suspend, .clockStep, .lateWindow, .pause, .skip:
            let kind = Self.words(incident.kind)
            let lasted = length > 0 ? " of \(length / 1_000_000) ms" : ""
            let detail = incident.detail.map { ": \($0)" } ?? ""
            let ours: Set<IncidentRecord.Kind> = [.suspend, .clockStep, .lateWindow, .pause, .skip]
            let isOurs = ours.contains(incident.kind)
            state.events.append(LiveEvent(atSeconds: at, text: "\(kind)\(lasted)\(detail)", isTheirs: !isOurs))
        case .interrupt, .limit, .store, .resume: break
        }
    }

    private static func words(_ kind: IncidentRecord.Kind) -> String {
        switch kind {
        case .outage: "target down"
        case .throttling: "target turns requests away"
        case .unusable: "target given up"
        case .suspend: "this machine slept"
        case .clockStep: "wall clock set"
        default: kind.rawValue.replacing("_", with: " ")
        }
    }

    // MARK: for the view

    func step(_ id: Int) -> Step? { state.withLock { $0.steps[id] } }

    /// Steps that are over, each once.
    /// - Parameter now: since t0; nil = all that are left
    func finished(at now: Int64?) -> [Step] {
        state.withLock { state in
            let due = state.over.filter { entry in now.map { $0 - entry.at >= Self.patience } ?? true }
            state.over.removeAll { entry in due.contains { $0.id == entry.id } }
            return due.compactMap { state.steps.removeValue(forKey: $0.id) }
        }
    }

    func takeEvents() -> [LiveEvent] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events.sorted { $0.atSeconds < $1.atSeconds }
        }
    }

    /// Over the last five whole seconds that were told.
    func client() -> LiveSnapshot.Client? {
        state.withLock { state in
            guard !state.cpu.isEmpty else { return nil }
            var client = LiveSnapshot.Client()
            let last = state.cpu.values.map(\.at).max().map { $0 / 1_000_000_000 } ?? 0
            for loop in state.lost.keys {
                state.lost[loop] = state.lost[loop]?.filter { $0.key > last - 6 }
                let sum = state.lost[loop]?.values.reduce(0, +) ?? 0
                client.heldUpShare = max(client.heldUpShare, min(1, Double(sum) / 5e9))
            }
            client.cpuPercent = state.cpu.values.compactMap(\.percent).max()
            client.stops = state.stops
            return client
        }
    }
}

extension LiveBook.Step {
    fileprivate mutating func add(_ request: RequestRecord, mostSpeeds: Int) {
        ended += 1
        let isSuccess = request.outcomeClass == .success
        if isSuccess, let took = request.lastToken ?? request.ended {
            answerNanoseconds += took
            successes += 1
        }
        guard request.measured else { return }
        measured += 1
        guard isSuccess else {
            unsuccessful += 1
            return
        }
        if let first = request.firstToken { ttft.record(first) }
        if let last = request.lastToken { e2e.record(last) }
        if let speed = request.requestTPS, speeds.count < mostSpeeds { speeds.append(speed) }
    }
}

/// Shows the book what passes on its way to the store.
final class LiveTap: RecordSink {
    private let book: LiveBook
    private let sink: any RecordSink

    init(_ book: LiveBook, _ sink: any RecordSink) {
        self.book = book
        self.sink = sink
    }

    func write(_ batch: RecordBatch) {
        book.note(batch)
        sink.write(batch)
    }
}
