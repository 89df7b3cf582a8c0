import Engine
import Measurement
import Schedule
import Ticks
import Transport
import Wire

/// What is left when a world has come to its end.
struct Aftermath {
    let asked: Asked
    let t0: Int64
    let run: RecordedRun
    let journal: [Request]
    let outcome: Run.Outcome?
    let standstill: String?
    /// Whether the generator's threads stood still for a while.
    let haveStood: Bool
    /// When they did, since t0.
    let standstills: [Range<Int64>]
    let snapshot: LiveFeed.Snapshot
    /// Since when what was recorded was lost; nil where nothing was.
    let lostFrom: Int64?
    /// The part of the run behind which it went on; nil = it is whole.
    var earlier: Earlier?
    /// Each row of a step with its phase's, by the step's id.
    let places: [Int: (step: StepRecord, phase: PhaseRecord)]

    init(
        asked: Asked,
        t0: Int64,
        run: RecordedRun,
        journal: [Request],
        outcome: Run.Outcome?,
        standstill: String?,
        haveStood: Bool,
        standstills: [Range<Int64>],
        snapshot: LiveFeed.Snapshot,
        lostFrom: Int64?
    ) {
        (self.asked, self.t0, self.run, self.journal) = (asked, t0, run, journal)
        (self.outcome, self.standstill, self.snapshot) = (outcome, standstill, snapshot)
        (self.haveStood, self.standstills, self.lostFrom) = (haveStood, standstills, lostFrom)
        let phases = Dictionary(run.phases.map { ($0.id, $0) }) { first, _ in first }
        places = run.steps.reduce(into: [:]) { places, step in
            if let phase = phases[step.phase] { places[step.id] = (step, phase) }
        }
    }

    var sent: [RequestRecord] { run.requests.filter { $0.dispatchLag != nil } }
    /// A single request beside a load.
    func isProbe(_ request: RequestRecord) -> Bool { places[request.step]?.phase.kind == .trickle }

    var targets: [TargetRecord] {
        asked.targets.map { asked in
            var target = TargetRecord()
            (target.id, target.name, target.api) = (asked.id, asked.name, asked.provider.api.rawValue)
            return target
        }
    }

    var wasCut: Bool {
        if earlier?.wasAbandoned == true { return true }
        return isCut
    }

    private var isCut: Bool {
        outcome?.stop != nil || outcome?.abandoned.isEmpty == false || run.incidents.contains { $0.kind == .skip }
    }

    /// Everything that is wrong, in sentences; empty as it should be.
    var violations: [String] {
        if let standstill { return ["\(standstill) (at \((journal.last?.sent ?? t0) - t0) ns)"] }
        var found: [String] = []
        if let lostFrom {
            lost(from: lostFrom, &found)
            return found
        }
        everyRequestOnce(&found)
        for request in run.requests { instants(of: request, &found) }
        answers(&found)
        sums(&found)
        steps(&found)
        levels(&found)
        caps(&found)
        plan(&found)
        retries(&found)
        places(&found)
        users(&found)
        probes(&found)
        pauses(&found)
        traces(&found)
        looks(&found)
        whole(&found)
        outages(&found)
        return found
    }

    /// The rows that it left, in order of time.
    func show() {
        func at(_ instant: Int64?) -> String { instant.map { "\($0)" } ?? "-" }
        for step in run.steps.sorted(by: { $0.id < $1.id }) {
            let ends = "\(at(step.windowEnded)), \(at(step.drained))"
            print("step \(step.id) \(step.kind): \(at(step.started)) to \(ends)")
        }
        for incident in run.incidents {
            print("\(incident.kind): \(incident.at) to \(at(incident.ended)) \(incident.detail ?? "")")
        }
        for request in run.requests.sorted(by: { $0.scheduled < $1.scheduled }) {
            let words = "\(request.outcome)\(request.measured ? "" : ", not measured")"
            let span = "due \(request.scheduled), \(at(request.dispatched)) for \(at(request.ended))"
            print("\(id(request)) of step \(request.step): \(span), \(words)")
        }
    }

    func id(_ request: RequestRecord) -> String {
        "\(asked.name)-\(request.sequence)" + (request.attempt == 0 ? "" : ".\(request.attempt)")
    }

    var posts: [Request] { journal.filter { !$0.body.isEmpty } }

    // MARK: the invariants

    private func everyRequestOnce(_ found: inout [String]) {
        var counts: [String: Int] = [:]
        for request in run.requests { counts[id(request), default: 0] += 1 }
        for (id, count) in counts.sorted(by: { $0.key < $1.key }) where count > 1 {
            found.append("request \(id) has \(count) outcomes")
        }
        let ours = sent.map(id).sorted()
        let forgiven = earlier?.lost ?? []
        let theirs = posts.map(\.id).filter { !forgiven.contains($0) }.sorted()
        if ours != theirs {
            let lost = Set(theirs).subtracting(ours).sorted().first
            let more = Set(ours).subtracting(theirs).sorted().first
            found.append(
                "\(theirs.count) requests were sent and \(ours.count) are in the books (\(lost ?? more ?? "?"))"
            )
        }
        for request in posts where request.ended == nil { found.append("request \(request.id) was left open") }
    }

    /// The store failed and did not come back: all that was over a second before is there, and nothing that was not.
    private func lost(from instant: Int64, _ found: inout [String]) {
        let ours = sent.map(id)
        let (known, theirs) = (Set(ours), Set(posts.map(\.id)))
        if known.count != ours.count { found.append("a request has two outcomes in a store that failed") }
        for id in known.subtracting(theirs).sorted() { found.append("request \(id) is in the books and was not sent") }
        for request in posts where !known.contains(request.id) {
            guard let ended = request.ended else {
                found.append("request \(request.id) was left open when the store failed")
                continue
            }
            let stood = standstills.map { Int64($0.count) }.max() ?? 0
            if ended < instant - 1_000_000_000 - stood {
                found.append(
                    "request \(request.id) was over \(instant - ended) ns before the store failed, and is lost"
                )
            }
        }
        for request in run.requests { instants(of: request, &found) }
        answers(&found)
        caps(&found)
    }

    private func instants(of request: RequestRecord, _ found: inout [String]) {
        guard let lag = request.dispatchLag, let ended = request.ended else {
            if request.outcome != .notSent {
                found.append("request \(id(request)) was never sent and is \(request.outcome)")
            }
            return
        }
        if request.outcome == .notSent { found.append("request \(id(request)) was sent and is said not to be") }
        if lag < 0 { found.append("request \(id(request)) was sent \(-lag) ns before its time") }
        let course = [request.firstByte, request.firstEvent, request.firstToken, request.lastToken, ended].compactMap(
            \.self
        )
        if course != course.sorted() || course[0] < 0 {
            found.append("instants of \(id(request)) are out of order: \(course)")
        }
        let arrivals = ArrivalLog.decode(request.arrivals) ?? []
        if arrivals.reduce(0, { $0 + $1.events }) != request.tokenEvents {
            found.append("arrivals of \(id(request)) hold another number of token events")
        }
    }

    /// What the server meant is what is in the books, where nobody on our side ended it.
    private func answers(_ found: inout [String]) {
        let scripts = Dictionary(posts.map { ($0.id, $0) }) { first, _ in first }
        for record in sent {
            guard let request = scripts[id(record)], record.outcome != .cancelled else { continue }
            let expected: Set<Outcome> =
                switch Fault(rawValue: request.script.fault) {
                case nil, .open, .late, .again: [.ok]
                case .refused: [.connect]
                case .hangs: [.timeoutConnect]
                case .resetEarly: [.reset]
                case .status: [.rateLimited, .http5xx, .overloaded]
                case .silent: [.timeoutFirstToken]
                case .stall: [.timeoutFirstToken, .timeoutIdle]
                case .reset: [.reset]
                case .early: request.script.tokens == 0 ? [.truncated, .empty, .protocol] : [.truncated]
                case .inband: [.inbandError, .overloaded, .http5xx]
                case .slow: [.ok, .timeoutTotal]
                default: []
                }
            if !expected.contains(record.outcome) {
                found.append(
                    "request \(record.sequence) met \(request.script.fault.isEmpty ? "no fault" : request.script.fault) and is \(record.outcome)"
                )
            }
            if record.outcome == .ok, record.tokenEvents != request.script.tokens {
                found.append(
                    "request \(record.sequence) brought \(request.script.tokens) tokens, \(record.tokenEvents) are in the books"
                )
            }
            if record.outcome == .ok, let told = request.script.told, record.outputTokens != told {
                found.append(
                    "request \(record.sequence) was told \(told) output tokens, \(record.outputTokens ?? -1) are in the books"
                )
            }
        }
    }

    private func sums(_ found: inout [String]) {
        let lacks = earlier?.isLacking == true  // bins and requests are not lost together
        func same(_ what: String, _ a: Int, _ b: Int) {
            if a != b, !lacks { found.append("\(what): \(a) in the bins, \(b) in the requests") }
        }
        let bad = sent.count { $0.outcomeClass == .failed || $0.outcomeClass == .throttled }
        same("started", run.bins.reduce(0) { $0 + $1.started }, sent.count)
        same("ended", run.bins.reduce(0) { $0 + $1.ended }, sent.count)
        same("failed", run.bins.reduce(0) { $0 + $1.failed }, bad)
        same("token events", run.bins.reduce(0) { $0 + $1.tokenEvents }, sent.reduce(0) { $0 + $1.tokenEvents })
        same("first tokens", run.bins.reduce(0) { $0 + $1.firstTokens }, sent.count { $0.tokenReads > 0 })
        let gaps = run.histograms.filter { $0.metric == .itl }.reduce(0) { $0 + Int($1.histogram.count) }
        same("gaps", gaps, sent.reduce(0) { $0 + max(0, $1.tokenReads - 1) })
        if snapshot.inFlight != 0 { found.append("\(snapshot.inFlight) are in flight after the end") }
        if earlier == nil { same("started, live", Int(snapshot.requestsStarted), sent.count { !isProbe($0) }) }
        reports(&found)
    }

    /// The report is made of the same rows.
    private func reports(_ found: inout [String]) {
        var recorded = run
        recorded.targets = targets
        for (target, result) in zip(recorded.targets, RunResult(of: recorded).targets) {
            let totals = result.totals.requests
            let counted = totals.success + totals.failed + totals.throttled + totals.excluded
            if totals.scheduled != counted {
                found.append("\(totals.scheduled) requests in the report are \(counted) by class")
            }
            let warm = result.warmup.requests + result.replaced.requests
            let stored = run.requests.count { !isProbe($0) && places[$0.step]?.phase.target == target.id }
            if totals.scheduled + warm != stored {
                found.append("the report has \(totals.scheduled) requests and \(warm) of warm-up, the store \(stored)")
            }
        }
    }

    private func steps(_ found: inout [String]) {
        let known = Set(run.steps.map(\.id))
        for request in run.requests where !known.contains(request.step) {
            found.append("request \(id(request)) names step \(request.step), which there is not")
        }
        for step in run.steps {
            guard let started = step.started, let drained = step.drained else {
                found.append("step \(step.id) (\(step.kind)) has no end")
                continue
            }
            if let end = step.windowEnded, !(started...max(started, drained)).contains(end) {
                found.append(
                    "the window of step \(step.id) (\(step.kind)) ends at \(end), outside of \(started) to \(drained)"
                )
            }
        }
    }

    /// In flight, whenever one is sent: never more than the level that it belongs to.
    private func levels(_ found: inout [String]) {
        guard asked.loops == 1 else { return }  // each loop keeps its share by itself
        let byID = Dictionary(sent.map { (id($0), $0) }) { first, _ in first }
        let loads = posts.filter { request in
            byID[request.id].map { !isProbe($0) } ?? (earlier?.ids.contains(request.id) != true)
        }
        for request in loads {
            guard let record = byID[request.id], let step = places[record.step]?.step, record.attempt == 0 else {
                continue
            }
            guard [.level, .batch, .probe, .baseline].contains(step.kind), step.concurrency > 0 else { continue }
            let others = loads.count {
                $0.port == request.port && $0.sent < request.sent && ($0.ended ?? .max) > request.sent
            }
            if others + 1 > step.concurrency {
                found.append("\(others + 1) in flight in step \(step.id) of \(step.concurrency) streams")
                return
            }
        }
    }

    private func caps(_ found: inout [String]) {
        let posts = posts.filter { earlier?.ids.contains($0.id) != true }  // they were held against their own
        if let most = asked.caps.maxRequests, posts.count > most {
            found.append("\(posts.count) requests of at most \(most)")
        }
        let tokens = posts.reduce(0) { $0 + ($1.script.told.map(Int.init) ?? min($1.script.tokens, Asked.maxTokens)) }
        if let most = asked.caps.maxOutputTokens, tokens > most { found.append("\(tokens) tokens of at most \(most)") }
    }

    /// All that was planned by number is in the books, sent or not.
    private func plan(_ found: inout [String]) {
        guard !wasCut else { return }
        let first = run.requests.filter { $0.attempt == 0 }
        for target in asked.targets {
            for (name, wanted) in asked.jobs.sorted(by: { $0.key < $1.key }) {
                let mine = first.filter { request in
                    places[request.step].map { $0.phase.target == target.id && $0.phase.name == name } ?? false
                }
                let items = Set(mine.compactMap(\.item))
                if items.count != wanted {
                    found.append("\(items.count) of a job's \(wanted) prompts are in the books")
                }
                // What was taken back when the run was cut off is asked again.
                let ended = mine.filter { $0.outcomeClass != .excluded }
                if (earlier == nil ? mine.count : ended.count) != items.count {
                    found.append("of \(items.count) prompts of the job there are \(ended.count) ends")
                }
            }
        }
    }

    /// What is to be sent again is, unless its stage ends before.
    private func retries(_ found: inout [String]) {
        guard !wasCut, earlier == nil, asked.plan.retries > 0 else { return }
        let attempts = Dictionary(grouping: run.requests, by: \.sequence)
        for (sequence, tries) in attempts.sorted(by: { $0.key < $1.key }) {
            let numbers = tries.map(\.attempt).sorted()
            if numbers != Array(0..<numbers.count) { found.append("attempts of \(sequence) are \(numbers)") }
            guard let last = tries.max(by: { $0.attempt < $1.attempt }), last.attempt < asked.plan.retries,
                [.rateLimited, .overloaded, .http5xx, .connect].contains(last.outcome), let sent = last.dispatched,
                let took = last.ended, let phase = places[last.step]?.phase
            else { continue }
            // The longest wait here is 2 s by its advice, a quarter more, and the second attempt's own 1 s.
            let paused = pauses.reduce(0) { $0 + $1.upperBound - $1.lowerBound }  // it waits meanwhile
            let due = sent + took + 2_600_000_000 + paused
            let closes = run.steps.filter { $0.phase == phase.id && $0.kind != .drain }.compactMap {
                $0.windowEnded ?? $0.drained
            }.max()
            guard phase.kind == .ramp || phase.kind == .steady, let closes, due < closes else { continue }
            found.append(
                "request \(sequence) was refused, has \(last.attempt + 1) of \(asked.plan.retries + 1) attempts, and its phase went on"
            )
        }
    }
}
