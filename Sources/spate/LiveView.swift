import Engine
import Measurement
import Report
import Schedule
import Ticks
import Transport

/// Shows how a run is going: redrawn in place on a terminal, a plain line now and then elsewhere. On standard error.
struct LiveView {
    private static let plainNanoseconds: Int64 = 10_000_000_000
    /// Rates are taken over about this time.
    private static let rateNanoseconds: Int64 = 5_000_000_000
    private static let curveSeconds = 60

    private let isTerminal: Bool
    private let isQuiet: Bool
    private let isSimulated: Bool
    private let programs: [Program]
    private var shown = 0  // of them
    private let began: Instant
    private var status: LiveStatus
    private var lastPlain: Instant
    private var lastStage = -1
    private var history: [(at: Instant, tokens: Int64)] = []
    private var curve: [Double] = []  // tokens of each of the last seconds
    private var curveMark: (at: Instant, tokens: Int64)?
    /// The step under way: what had come when it began, and what was last seen of it.
    private var step: (began: LiveFeed.Snapshot, last: LiveFeed.Snapshot)?
    var notice: String?

    init(job: Job, programs: [Program], began: Instant) {
        isQuiet = job.output.quiet
        isTerminal = Console.errorCanBeRedrawn
        isSimulated = job.targets.allSatisfy(\.isSimulated)
        self.programs = programs
        self.began = began
        lastPlain = began
        status = LiveStatus(
            style: TerminalStyle(
                width: Console.width(of: 2),
                colour: Console.wantsColour(2, refused: job.output.noColour),
                unicode: Console.isUnicode
            )
        )
    }

    /// Called several times a second.
    /// - Parameter program: whose stage it is.
    mutating func show(_ feed: LiveFeed.Snapshot, of program: Int) {
        guard !isQuiet, let stage = feed.stage else { return }
        shown = program
        follow(feed, stage)
        history.append((feed.at, feed.tokenEvents))
        while history.count > 2, feed.at.nanoseconds(since: history[1].at) >= Self.rateNanoseconds {
            history.removeFirst()
        }
        if isTerminal {
            Console.draw(status.frame(snapshot(feed, stage)))
        } else if stage.index != lastStage || feed.at.nanoseconds(since: lastPlain) >= Self.plainNanoseconds {
            if worthALine(stage) { Console.error(status.plainLine(snapshot(feed, stage)) + "\n") }
            lastPlain = feed.at
            lastStage = stage.index
        }
    }

    /// Rows of the steps that are over, and tokens second by second.
    private mutating func follow(_ feed: LiveFeed.Snapshot, _ stage: LiveFeed.StageView) {
        if let step, step.last.stage?.index != stage.index {
            if let row = Self.row(of: step.began, step.last) {
                if isTerminal { Console.draw(status.row(row)) } else { Console.error(status.plainRow(row) + "\n") }
            }
            self.step = (feed, feed)
        } else {
            step = (step?.began ?? feed, feed)
        }
        guard let mark = curveMark else { return curveMark = (feed.at, feed.tokenEvents) }
        let passed = seconds(feed.at.nanoseconds(since: mark.at))
        guard passed >= 1 else { return }
        curve.append(Double(feed.tokenEvents - mark.tokens) / passed)
        if curve.count > Self.curveSeconds { curve.removeFirst() }
        curveMark = (feed.at, feed.tokenEvents)
    }

    /// Nil for a step that is no row of the report.
    private static func row(of began: LiveFeed.Snapshot, _ last: LiveFeed.Snapshot) -> LiveRow? {
        guard let stage = last.stage?.stage else { return nil }
        switch stage.kind {
        case .level, .edge, .control, .batch, .arrivals: break
        case .probe where stage.afterIdle == nil: break
        case .warmup, .idle, .pause, .baseline, .rewarm, .drain, .probe: return nil
        }
        var row = LiveRow()
        row.step = name(of: stage)
        let (tokens, nanoseconds) = (last.tokenEvents - began.tokenEvents, last.at.nanoseconds(since: began.at))
        if tokens > 0, nanoseconds > 0 { row.tokensPerSecond = Double(tokens) * 1e9 / Double(nanoseconds) }
        row.ttftP50Milliseconds = last.ttft.quantile(.p50).map { Double($0) / 1e6 }
        row.ttftP95Milliseconds = last.ttft.quantile(.p95).map { Double($0) / 1e6 }
        row.ended = Int(last.requestsEnded - began.requestsEnded)
        row.unsuccessful = last.unsuccessful.values.reduce(0, +) - began.unsuccessful.values.reduce(0, +)
        return row.ended > 0 || tokens > 0 ? row : nil
    }

    /// Takes the live lines away, so that the report stands alone.
    mutating func clear() {
        guard !isQuiet, isTerminal else { return }
        Console.draw(status.clear())
    }

    private func worthALine(_ stage: LiveFeed.StageView) -> Bool {
        switch stage.stage.kind {
        case .drain, .pause, .rewarm: false
        case .warmup, .level, .idle, .baseline, .edge, .control, .batch, .probe, .arrivals: true
        }
    }

    private func snapshot(_ feed: LiveFeed.Snapshot, _ stage: LiveFeed.StageView) -> LiveSnapshot {
        let program = programs[shown]
        let entry = program.entries[stage.index]
        var live = LiveSnapshot()
        live.simulated = isSimulated
        live.target =
            program.targets.count == 1 ? "" : programs.count > 1 ? "all targets; \(stage.target)" : stage.target
        live.phase = stage.phase
        live.phaseIndex = entry.phase - (program.entries.first?.phase ?? 1)
        live.phaseCount = Set(program.entries.map(\.phase)).count
        live.step = Self.name(of: stage.stage)
        live.stepIndex = entry.ordinal
        live.stepCount = program.entries.count { $0.phase == entry.phase }
        live.elapsedSeconds = seconds(feed.at.nanoseconds(since: began))
        live.stepElapsedSeconds = seconds(feed.at.nanoseconds(since: stage.started))
        live.stepLeftSeconds = stage.plannedEnd.map { max(0, seconds($0.nanoseconds(since: feed.at))) }
        live.activity = activity(stage, at: feed.at)
        live.inFlight = feed.inFlight
        if let first = history.first, feed.at > first.at, feed.tokenEvents > first.tokens {
            live.tokensPerSecond =
                Double(feed.tokenEvents - first.tokens) / seconds(feed.at.nanoseconds(since: first.at))
        }
        live.recentTokensPerSecond = curve
        live.ttftP50Milliseconds = feed.ttft.quantile(.p50).map { Double($0) / 1e6 }
        live.ttftP95Milliseconds = feed.ttft.quantile(.p95).map { Double($0) / 1e6 }
        live.ended = Int(feed.requestsEnded)
        live.outcomes = feed.unsuccessful
        live.silenceSeconds = feed.silence.map(seconds)
        live.notice = notice
        return live
    }

    private func activity(_ stage: LiveFeed.StageView, at now: Instant) -> LiveSnapshot.Activity {
        if now < stage.started { return .waiting }  // for its time window
        return switch stage.stage.rule {
        case .idle, .pause: .waiting
        case .drain: .draining
        case .level(let level): now < stage.started.advanced(by: level.settle) ? .settling : .running
        case .arrivals(let arrivals): now < stage.started.advanced(by: arrivals.settle) ? .settling : .running
        case .warmup, .baseline, .edge, .control, .batch, .rewarm, .probe: .running
        }
    }

    private static func name(of stage: Stage) -> String {
        switch stage.rule {
        case .warmup(let requests): "\(requests) warm-up requests"
        case .level(let level): level.concurrency == 1 ? "1 stream" : "\(level.concurrency) streams"
        case .idle: "idle"
        case .baseline(let concurrency, _): "baseline of \(concurrency)"
        case .edge(let edge): "burst of \(edge.requests)"
        case .control(let edge): "warm burst of \(edge.requests)"
        case .pause: "pause"
        case .arrivals(let arrivals): name(of: arrivals)
        case .batch(let batch): "\(batch.items.count) prompts, \(batch.concurrency) at a time"
        case .rewarm: "warm once more"
        case .probe where stage.afterIdle != nil: "probe after a pause"
        case .probe(let requests, _): "\(requests) probes"
        case .drain: "drain"
        }
    }

    private static func name(of arrivals: Arrivals) -> String {
        switch arrivals.source {
        case .rate(let plan): "\(plan.curve.words) requests/s"
        case .trace(let replay): "replay of \(replay.name)"
        }
    }

    private func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
}
