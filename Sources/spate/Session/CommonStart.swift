import Glibc
import Measurement
import Profile
import Schedule
import Ticks
import Transport

/// Brings a run to the instant at which all its shards begin, and keeps what is known of this one's clock.
struct CommonStart {
    /// Loops are made so long before, nanoseconds.
    private static let lead: Int64 = 60_000_000

    private let split: Split
    private var record = ShardRecord()
    private var meeting: Meeting?

    init(_ split: Split) {
        self.split = split
    }

    /// What tells this run from others, the same for all its shards.
    func runID(_ t0: Instant, _ schedule: String) -> String {
        let isShared = split.shard.count > 1
        let own = UInt64(bitPattern: t0.nanoseconds &+ Int64(getpid()))
        let common = UInt64(bitPattern: record.startAt) ^ (UInt64(schedule.prefix(16), radix: 16) ?? 0)
        var generator = SplitMix64(seed: isShared ? common : own)
        return String(String(generator.next(), radix: 36).prefix(10))
    }

    /// Waits until just before the run's beginning; nil where it begins whenever it is ready.
    /// - Parameter cleanUp: before the program ends, as a signal asked.
    mutating func agree(on job: Job, signals: Signals, cleanUp: () -> Void) throws(Failure) -> Instant? {
        record = own()
        let t0: Instant
        if let place = split.rendezvous {
            meeting = try Meeting(at: place, split: split, plan: job.plan, seed: job.profile.seed) {
                EarlyEnd.ifAsked(signals, "stopped before anything was measured", cleanUp: cleanUp)
            }
            guard let agreed = meeting?.agreed else { return nil }
            (record.startAt, t0) = (agreed.startAt, agreed.t0)
            (record.offsetBefore, record.offsetBeforeBound) = (agreed.offset, agreed.bound)
        } else {
            switch split.start {
            case .now: return nil
            case .at(let instant): record.startAt = instant
            case .after(let lead): record.startAt = Self.wallClock + lead.nanoseconds
            }
            t0 = Self.wait(until: record.startAt, signals, cleanUp)
        }
        if split.rendezvous != nil { Self.pause(until: t0, signals, cleanUp) }
        record.late = max(0, MonotonicClock.now().nanoseconds(since: t0))
        if record.late > 0 {
            Console.error(
                "warning: it begins \(record.late / 1_000_000) ms late: the instant came before it was ready\n"
            )
        }
        return t0
    }

    /// After the run: what the clocks say now.
    mutating func part() {
        guard let after = meeting?.part() else { return }
        (record.offsetAfter, record.offsetAfterBound) = (after.offset, after.bound)
    }

    /// Lets the conductor begin stages together with the other shards; nil without a rendezvous.
    var gate: Meeting? { meeting }

    /// None where the run is not split.
    func rows(loops: Int) -> [ShardRecord] {
        guard split.shard.count > 1 else { return [] }
        var row = record
        row.loops = loops
        return [row]
    }

    private func own() -> ShardRecord {
        let machine = Machine.own
        var row = ShardRecord()
        (row.index, row.count, row.origin) = (split.shard.index, split.shard.count, split.origin)
        (row.host, row.cpuModel, row.cores) = (machine.host, machine.cpuModel, machine.cores)
        (row.kernel, row.bootID) = (machine.kernel, machine.bootID)
        if let clock = machine.clock {
            row.clockIsSynchronised = clock.isSynchronised
            (row.clockErrorEstimate, row.clockErrorBound) = (clock.estimate, clock.bound)
        }
        return row
    }

    private static var wallClock: Int64 { MonotonicClock.now().nanoseconds + MonotonicClock.realtimeOffset() }

    /// The wall clock is read anew all the time: it may be set while we wait.
    private static func wait(until instant: Int64, _ signals: Signals, _ cleanUp: () -> Void) -> Instant {
        while true {
            let t0 = Instant(nanoseconds: instant - MonotonicClock.realtimeOffset())
            let left = t0.nanoseconds(since: MonotonicClock.now()) - lead
            if left <= 0 { return t0 }
            usleep(UInt32(min(left, 100_000_000) / 1000))
            EarlyEnd.ifAsked(signals, "stopped before anything was measured", cleanUp: cleanUp)
        }
    }

    private static func pause(until t0: Instant, _ signals: Signals, _ cleanUp: () -> Void) {
        while case let left = t0.nanoseconds(since: MonotonicClock.now()) - lead, left > 0 {
            usleep(UInt32(min(left, 100_000_000) / 1000))
            EarlyEnd.ifAsked(signals, "stopped before anything was measured", cleanUp: cleanUp)
        }
    }
}
