internal import Measurement
internal import Ticks
internal import Transport

/// Looks after one loop from the inside: a heartbeat every 2 ms, a tick every 50 ms, a health row every second, and what
/// went wrong with time.
final class Housekeeping {
    private static let interval: Int64 = 50_000_000

    private let loop: EventLoop
    private let t0: Instant
    private let loopIndex: Int
    private let beat: (Instant, Range<Instant>?) -> Void
    private let tick: (Instant) -> Void
    private let recorder: Recorder
    private var timer: PreciseTimer?
    private let runQueue = RunQueueWait()
    private var heartbeat: Heartbeat
    private var nextTick: Instant
    private var lastHealth: Instant
    private var watch = ClockWatch(
        realtime: MonotonicClock.realtimeOffset(),
        boottime: MonotonicClock.boottimeOffset()
    )
    private var late: [Heartbeat.Finding] = []

    /// - Parameters:
    ///   - tick: called every 50 ms
    ///   - beat: called with each heartbeat, before that, with the standstill that it ended
    init(
        loop: EventLoop,
        t0: Instant,
        loopIndex: Int,
        recorder: Recorder,
        tick: @escaping (Instant) -> Void,
        beat: @escaping (Instant, Range<Instant>?) -> Void = { _, _ in }
    ) {
        self.loop = loop
        self.t0 = t0
        self.loopIndex = loopIndex
        self.beat = beat
        self.tick = tick
        self.recorder = recorder
        let now = MonotonicClock.now()
        heartbeat = Heartbeat(at: now, cpu: ProcessResources.threadCPU(), queued: runQueue.nanoseconds())
        nextTick = now.advanced(byNanoseconds: Self.interval)
        lastHealth = t0
        timer = PreciseTimer(loop: loop) { [unowned self] _ in fire() }
        arm(queued: runQueue.nanoseconds())
    }

    private func arm(queued: Int64) {
        timer?.arm(at: heartbeat.due)
        loop.beats(next: heartbeat.due, queued: queued, by: runQueue)
    }

    /// Beats and ticks, if it is time: by its own timer, and for whoever is about to judge time behind a standstill.
    func fire() {
        let now = MonotonicClock.now()
        let (cpu, queued) = (ProcessResources.threadCPU(), runQueue.nanoseconds())
        var standstill: Range<Instant>?
        if let finding = heartbeat.beat(at: now, cpu: cpu, queued: queued) {
            standstill = recorder.heartbeat(finding)
            if standstill != nil { late.append(finding) }
        }
        beat(now, standstill)
        if now >= nextTick {
            tick(now)
            nextTick = now.advanced(byNanoseconds: Self.interval)
        }
        arm(queued: queued)
    }

    func note(into recorder: Recorder, clients: [HTTPClient], inFlight: Int, now: Instant) {
        for stall in late {
            let milliseconds = stall.lateness / 1_000_000
            let cause =
                stall.held < stall.lateness / 2
                ? "client was busy" : stall.queued > stall.held / 2 ? "client had no CPU" : "client was stopped"
            let words = "\(cause) for \(milliseconds) ms (loop \(loopIndex))"
            incident(recorder, .clientStop, from: stall.due, until: stall.ran, words)
        }
        late.removeAll()
        guard now.nanoseconds(since: lastHealth) >= 1_000_000_000 else { return }
        lastHealth = now
        clocks(recorder, now)
        var health = HealthRecord()
        health.at = now.nanoseconds(since: t0)
        health.loop = loopIndex
        health.loopCPU = ProcessResources.threadCPU()
        health.processCPU = ProcessResources.processCPU()
        health.residentBytes = ProcessResources.residentBytes()
        health.descriptors = ProcessResources.descriptors()
        health.inFlight = inFlight
        for client in clients {
            health.reads = Int64(clamping: client.reads)
            health.gatheredReads = (health.gatheredReads ?? 0) + client.gatheredReads
            health.kernelStamps += client.kernelStamps
            health.discardedStamps += client.discardedStamps
            health.connectionsOpened += client.connectionsOpened
        }
        health.realtimeOffset = watch.realtime
        health.boottimeOffset = watch.boottime
        health.listenOverflows = ProcessResources.listenOverflows()
        health.stolen = ProcessResources.stolenTime()
        health.load = ProcessResources.loadAverage()
        health.throttled = ProcessResources.throttledTime()
        loop.noteStolen(health.stolen)
        recorder.health(health)
    }

    private func clocks(_ recorder: Recorder, _ now: Instant) {
        let finding = watch.look(
            realtime: MonotonicClock.realtimeOffset(),
            boottime: MonotonicClock.boottimeOffset()
        )
        if let slept = finding.slept {
            let end = now.advanced(byNanoseconds: slept)
            incident(recorder, .suspend, from: now, until: end, "the machine slept \(slept / 1_000_000) ms")
        }
        if let stepped = finding.stepped {
            let words = "the wall clock was stepped by \(stepped / 1_000_000) ms"
            incident(recorder, .clockStep, from: now, until: nil, words)
        }
    }

    private func incident(
        _ recorder: Recorder,
        _ kind: IncidentRecord.Kind,
        from: Instant,
        until: Instant?,
        _ detail: String
    ) {
        var incident = IncidentRecord()
        incident.at = from.nanoseconds(since: t0)
        incident.ended = until?.nanoseconds(since: t0)
        incident.kind = kind
        if kind == .clientStop || kind == .suspend { incident.side = .client }
        incident.detail = detail
        recorder.incident(incident)
    }
}
