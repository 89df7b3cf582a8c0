import Engine
import Glibc
import Schedule
import Synchronization
import Ticks
import Transport

/// A run's rendezvous with its other shards: the first one is host and guest.
final class Meeting: StageGate {
    /// Where shard 0 says nothing else, so long after all are ready.
    private static let usualLead = Duration.seconds(2)
    /// How long the host waits for guests to take their leave, milliseconds.
    private static let patience = 30_000

    struct Agreed: Sendable {
        var startAt: Int64  // on shard 0's wall clock
        var t0: Instant
        /// Shard 0's CLOCK_REALTIME less this one's.
        var offset: Int64
        var bound: Int64
    }

    let agreed: Agreed
    private let host: RendezvousHost?
    private let guest: RendezvousGuest
    private let offset: RendezvousGuest.Offset

    init(at place: MeetingPlace, split: Split, plan: RunPlan, seed: UInt64, meanwhile: () -> Void) throws(Failure) {
        let key = "\(Session.version)/\(seed)/\(plan.scheduleSHA256)"
        do throws(RendezvousError) {
            let start = split.start
            host =
                split.shard.index > 0
                ? nil
                : try RendezvousHost(at: place, count: split.shard.count, key: key) { now in
                    switch start {
                    case .now: now + Self.usualLead.nanoseconds
                    case .at(let instant): instant
                    case .after(let lead): now + lead.nanoseconds
                    }
                }
            guest = try RendezvousGuest(
                at: place,
                shard: (split.shard.index, split.shard.count),
                key: key,
                meanwhile: meanwhile
            )
        } catch { throw Failure(.badInput, "--rendezvous \(place): \(error.text)") }
        guard let offset = guest.measureOffset(), let startAt = guest.meet(0, meanwhile: meanwhile) else {
            throw Failure(.badInput, "--rendezvous \(place): shard 0 left before the run began")
        }
        self.offset = offset
        agreed = Agreed(
            startAt: startAt,
            t0: Instant(nanoseconds: startAt - offset.nanoseconds),
            offset: offset.nanoseconds - MonotonicClock.realtimeOffset(),
            bound: offset.bound
        )
    }

    func meet(_ number: Int, then: @escaping @Sendable (Instant?) -> Void) {
        LoopThread(name: "meet") { [self] in
            let instant = guest.meet(number)
            then(instant.map { Instant(nanoseconds: $0 - offset.nanoseconds) })
        }.detach()
    }

    /// The end of it: shard 0's wall clock less this one's, as it is now. The host stays until the last guest has asked.
    func part() -> (offset: Int64, bound: Int64)? {
        let after = guest.measureOffset()
        guest.leave()
        if let host {
            var waited = 0
            while !host.isAlone, waited < Self.patience {
                usleep(20_000)
                waited += 20
            }
            host.close()
        }
        // Against the clock that the run was timed by: CLOCK_REALTIME may have been set meanwhile.
        return after.map { ($0.nanoseconds - offset.nanoseconds + agreed.offset, $0.bound) }
    }
}
