import Engine
import Measurement
import Profile
import Report
import Schedule
import Ticks
import Transport

/// Shows how a run is going: redrawn in place on a terminal, a plain line now and then elsewhere. On standard error.
struct LiveView {
    private static let plainNanoseconds: Int64 = 10_000_000_000
    /// "Now" is so long.
    private static let nowSeconds = 5
    private static let curveSeconds = 60

    /// What passed by; the run's sink shows it all.
    let book = LiveBook()
    private let isTerminal: Bool
    private let isQuiet: Bool
    private let isSimulated: Bool
    private let names: [Int: String]  // of targets, by id
    private let answer: (Int) -> Duration
    private let began: Instant
    private var programs: [Program] = []
    private var plan: LivePlan?
    private var status: LiveStatus
    private var lastPlain: Instant
    /// One a second, the latest last.
    private var seconds: [(at: Instant, tokens: Int64, ttft: Histogram)] = []
    private var tokenCurve: [Double] = []
    private var ttftCurve: [Double?] = []
    private var stageBegan: (index: Int, ended: Int64)?
    private var silence: (since: Double, streams: Int, seconds: Double)?
    private var kept: (phase: Int, speed: Double)?  // of the phase's first level
    private var lastPhase = -1
    var notice: String?
    /// What a search tries, and why.
    var search: String?

    init(job: Job, targets: [DialledTarget], began: Instant) {
        isQuiet = job.output.quiet
        isTerminal = Console.errorCanBeRedrawn
        isSimulated = job.targets.allSatisfy(\.isSimulated)
        names = Dictionary(uniqueKeysWithValues: targets.map { ($0.id, $0.asked.name) })
        let (summary, first) = (PlanSummary(job), targets[0].asked)
        answer = { summary.answer(of: first, among: $0) }
        self.began = began
        lastPlain = began.advanced(byNanoseconds: -Self.plainNanoseconds)
        status = LiveStatus(
            style: TerminalStyle(
                width: Console.width(of: 2),
                colour: Console.wantsColour(2, refused: job.output.noColour),
                unicode: Console.isUnicode
            )
        )
    }

    /// Another part of the run begins: a search's next level.
    mutating func begin(_ programs: [Program]) {
        self.programs = programs
        plan = nil
        stageBegan = nil
        seconds = []
    }

    /// Called several times a second.
    /// - Parameter program: whose stage it is.
    mutating func show(_ feed: LiveFeed.Snapshot, of program: Int) {
        guard !isQuiet else { return }
        if isTerminal { status.style.width = Console.width(of: 2) }
        follow(feed)
        tell(at: feed.at.nanoseconds(since: began))
        guard let stage = feed.stage else { return }
        if plan == nil { plan = LivePlan(programs[program], usual: answer) }
        if stageBegan?.index != stage.index { stageBegan = (stage.index, feed.requestsEnded) }
        if isTerminal {
            Console.draw(status.frame(snapshot(feed, stage, programs[program])))
        } else if feed.at.nanoseconds(since: lastPlain) >= Self.plainNanoseconds {
            Console.error(status.plainLine(snapshot(feed, stage, programs[program])) + "\n")
            lastPlain = feed.at
        }
    }

    /// Takes the live lines away, so that the report stands alone.
    mutating func clear() {
        guard !isQuiet, isTerminal else { return }
        Console.draw(status.clear())
    }

    /// What is still to be told when all has ended.
    mutating func finish() {
        guard !isQuiet else { return }
        tell(at: nil)
        clear()
    }

    // MARK: What stays

    /// Rows of the steps that are over, and what happened.
    private mutating func tell(at now: Int64?) {
        for event in book.takeEvents() { tell(event) }
        for step in book.finished(at: now) {
            guard let row = row(of: step) else { continue }
            if step.phase.id != lastPhase {
                status.beginPhase()
                lastPhase = step.phase.id
            }
            if isTerminal { Console.draw(status.row(row)) } else { Console.error(status.plainRow(row) + "\n") }
        }
    }

    private mutating func tell(_ event: LiveEvent) {
        if isTerminal {
            Console.draw(Secrets.redactor.redacted(status.event(event)))
        } else {
            Console.error(status.plainEvent(event) + "\n")
        }
    }

    /// Nil for a step that is no row of the report.
    private mutating func row(of step: LiveBook.Step) -> LiveRow? {
        switch step.record.kind {
        case .level, .edge, .control, .batch, .arrivals: break
        case .probe where step.record.gap == nil: break
        case .warmup, .idle, .pause, .baseline, .rewarm, .drain, .probe: return nil
        }
        guard step.ended > 0 else { return nil }
        var row = LiveRow()
        let name = Self.name(of: step.record)
        row.step = names.count > 1 ? "\(name) \(names[step.phase.target] ?? "")" : name
        row.tokensPerSecond = step.tokensPerSecond
        let speeds = step.speeds.sorted()
        if !speeds.isEmpty { row.userTokensPerSecond = speeds[(speeds.count - 1) / 2] }
        if step.record.kind == .level, let speed = row.userTokensPerSecond, speed > 0, speeds.count >= 25 {
            if kept?.phase != step.phase.id { kept = (step.phase.id, speed) }
            row.kept = kept.map { speed / $0.speed }
        }
        row.ttftP50Milliseconds = step.ttft.quantile(.p50).map { Double($0) / 1e6 }
        row.ttftP95Milliseconds = step.ttft.quantile(.p95).map { Double($0) / 1e6 }
        row.e2eP95Milliseconds = step.e2e.quantile(.p95).map { Double($0) / 1e6 }
        row.ended = step.measured
        row.unsuccessful = step.unsuccessful
        return row
    }

    private static func name(of step: StepRecord) -> String {
        switch step.kind {
        case .level: streams(step.concurrency)
        case .edge: "burst of \(step.concurrency)"
        case .control: "warm burst of \(step.concurrency)"
        case .batch: "\(step.concurrency) at a time"
        case .arrivals: step.trace.map { "replay of \($0)" } ?? step.rps.map { "\(rate($0)) requests/s" } ?? "requests"
        case .probe, .warmup, .idle, .pause, .baseline, .rewarm, .drain: "probes"
        }
    }

    private static func rate(_ value: Double) -> String {
        value == value.rounded() && value < 1e9 ? "\(Int(value))" : "\((value * 100).rounded() / 100)"
    }

    private static func streams(_ count: Int) -> String { count == 1 ? "1 stream" : "\(count) streams" }

    // MARK: What is now

    /// Second by second; and silences, which are told when they are over.
    private mutating func follow(_ feed: LiveFeed.Snapshot) {
        if let quiet = feed.silence.map({ Double($0) / 1e9 }) {
            let since = silence?.since ?? Double(feed.lastToken.nanoseconds(since: began)) / 1e9
            silence = (since, max(feed.inFlight, silence?.streams ?? 0), quiet)
        } else if let over = silence {
            silence = nil
            let streams = [1: "the one open stream", 2: "both streams"][over.streams] ?? "all \(over.streams) streams"
            let length = (over.seconds * 10).rounded() / 10
            tell(LiveEvent(atSeconds: over.since, text: "no token for \(length) s on \(streams)", isTheirs: true))
        }
        guard let last = seconds.last else {
            seconds = [(feed.at, feed.tokenEvents, feed.ttft)]
            return
        }
        let passed = Double(feed.at.nanoseconds(since: last.at)) / 1e9
        guard passed >= 1 else { return }
        tokenCurve.append(Double(feed.tokenEvents - last.tokens) / passed)
        ttftCurve.append(feed.ttft.since(last.ttft).quantile(.p50).map { Double($0) / 1e6 })
        if tokenCurve.count > Self.curveSeconds {
            tokenCurve.removeFirst()
            ttftCurve.removeFirst()
        }
        seconds.append((feed.at, feed.tokenEvents, feed.ttft))
        if seconds.count > Self.nowSeconds { seconds.removeFirst() }
    }

    private mutating func snapshot(
        _ feed: LiveFeed.Snapshot,
        _ stage: LiveFeed.StageView,
        _ program: Program
    ) -> LiveSnapshot {
        let entry = program.entries[stage.index]
        var live = LiveSnapshot()
        live.simulated = isSimulated
        live.target = names.count == 1 ? "" : programs.count > 1 ? "all targets; \(stage.target)" : stage.target
        live.phase = stage.phase
        live.phaseIndex = entry.phase - (program.entries.first?.phase ?? 1)
        live.phaseCount = Set(program.entries.map(\.phase)).count
        let isAgain = entry.retryOf != nil
        live.step = Self.name(of: stage.stage) + (isAgain ? ", once more" : "")
        let isCounted = search == nil && !isAgain
        live.stepIndex = isCounted ? entry.ordinal : 0
        live.stepCount = isCounted ? program.entries.count { $0.phase == entry.phase } : 1
        live.elapsedSeconds = Double(feed.at.nanoseconds(since: began)) / 1e9
        live.activity = Self.activity(stage, at: feed.at)
        live.inFlight = feed.inFlight
        live.ended = Int(feed.requestsEnded)
        live.outcomes = feed.unsuccessful
        live.client = book.client()
        live.silenceSeconds = feed.silence.map { Double($0) / 1e9 }
        live.search = search
        live.notice = notice
        live.recentTokensPerSecond = tokenCurve
        live.recentTTFT = ttftCurve
        if let first = seconds.first, feed.at > first.at {
            let passed = Double(feed.at.nanoseconds(since: first.at)) / 1e9
            if feed.tokenEvents > first.tokens {
                live.tokensPerSecond = Double(feed.tokenEvents - first.tokens) / passed
            }
            let recent = feed.ttft.since(first.ttft)
            live.ttftP50Milliseconds = recent.quantile(.p50).map { Double($0) / 1e6 }
            live.ttftP95Milliseconds = recent.quantile(.p95).map { Double($0) / 1e6 }
        }
        let step = book.step(entry.step)
        let done = Int(feed.requestsEnded - (stageBegan?.ended ?? feed.requestsEnded))
        let left = LivePlan.left(
            of: stage,
            now: feed.at,
            inFlight: feed.inFlight,
            done: done,
            measured: step?.measured ?? 0
        )
        if let size = stage.stage.jobSize { live.job = (min(done, size), size) }
        live.stepLeftSeconds = left.seconds
        live.waitingFor = live.activity == .waiting ? nil : left.waitingFor
        plan?.note(answerSeconds: step?.answerSeconds)
        let stageElapsed = Double(feed.at.nanoseconds(since: stage.started)) / 1e9
        if search == nil,
            let progress = plan?.progress(
                at: stage.index,
                elapsed: live.elapsedSeconds,
                stageElapsed: stageElapsed,
                stageLeft: left.seconds ?? (left.isEnding ? 0 : nil)
            )
        {
            (live.phaseProgress, live.runProgress) = (progress.phase, progress.run)
        }
        return live
    }

    private static func activity(_ stage: LiveFeed.StageView, at now: Instant) -> LiveSnapshot.Activity {
        if now < stage.started { return .waiting }  // for its time window
        return switch stage.stage.load {
        case .wait: .waiting
        case .drain: .draining
        case .closed, .open: now < stage.started.advanced(by: stage.stage.settle) ? .settling : .running
        }
    }

    private static func name(of stage: Stage) -> String {
        if let arrivals = stage.arrivals { return name(of: arrivals) }
        let (width, requests) = (stage.closed?.slots ?? 0, stage.closed?.budget ?? 0)
        return switch stage.kind {
        case .warmup: requests == 1 ? "1 warm-up request" : "\(requests) warm-up requests"
        case .level: streams(width)
        case .baseline: "baseline, \(streams(width))"
        case .edge: "burst of \(width)"
        case .control: "warm burst of \(width)"
        case .batch: "\(requests) prompts, \(width) at a time"
        case .rewarm: "warm once more"
        case .probe where stage.afterIdle != nil: "probe after a pause"
        case .probe: requests == 1 ? "1 probe" : "\(requests) probes"
        case .drain: "last requests"
        case .idle, .pause, .arrivals: stage.kind.rawValue
        }
    }

    private static func name(of arrivals: Arrivals) -> String {
        switch arrivals.source {
        case .rate(let plan): "\(plan.curve.words) requests/s"
        case .trace(let replay): "replay of \(replay.name)"
        }
    }
}
