import Engine
import Glibc
import Profile
import Schedule
import Ticks
import Transport

/// How a run goes on beside others: which part of it is this process's, and when all begin.
struct Split: Sendable {
    var shard = Shard.whole
    /// What told it so.
    var origin = ""
    var start = Start.now
    var rendezvous: MeetingPlace?

    enum Start: Sendable, Hashable {
        case now
        case at(Int64)  // CLOCK_REALTIME nanoseconds
        case after(Duration)  // all are ready
    }

    init() {}

    /// - Parameter plansOnly: nothing is sent, so that no instant is needed.
    init(_ flags: RunFlags, of job: Job, isResumed: Bool, plansOnly: Bool) throws(Failure) {
        try readShard(flags.shard)
        try readStart(flags.startAt)
        if let text = flags.rendezvous {
            guard let place = MeetingPlace(text) else {
                throw Failure(.badInput, "--rendezvous \(text): allowed: HOST:PORT, where shard 0 listens")
            }
            guard flags.shard != nil else {
                throw Failure(
                    .badInput,
                    "--rendezvous is for the shards of one run: say which one this is with --shard k/n"
                )
            }
            rendezvous = place
        }
        if !plansOnly, case .at(let instant) = start {
            let past = MonotonicClock.now().nanoseconds + MonotonicClock.realtimeOffset() - instant
            guard past < 0 else {
                throw Failure(
                    .badInput,
                    "--start-at \(flags.startAt ?? ""): that was \(Double(past / 1_000_000) / 1000) s ago"
                )
            }
        }
        if shard.count > 1 { try check(flags, job, isResumed: isResumed, plansOnly: plansOnly) }
    }

    /// Behind the name of its folder.
    var suffix: String { shard.count > 1 ? "-shard-\(shard.index)-of-\(shard.count)" : "" }

    private mutating func readShard(_ text: String?) throws(Failure) {
        guard let text else { return }
        if let shard = Shard(parsing: text) {
            (self.shard, origin) = (shard, "--shard \(text)")
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let count = parts.count == 2 ? Int(parts[1]) : nil
        guard parts[0] == "auto", parts.count == 1 || (count.map { (1...Shard.most).contains($0) } ?? false) else {
            throw Failure(
                .badInput,
                "--shard \(text): allowed: k/n with k from 0 to n - 1 and n at most \(Shard.most), auto, or auto/n"
            )
        }
        do throws(ShardPlace.Problem) {
            let place = try ShardPlace.found(in: Self.environment, count: count)
            (shard, origin) = (place.shard, place.origin)
        } catch { throw Failure(.badInput, "--shard \(text): \(error)") }
        Console.error("shard \(shard.text): \(origin)\n")
    }

    private mutating func readStart(_ text: String?) throws(Failure) {
        guard let text else { return }
        if let instant = WallInstant.unixNanoseconds(text) {
            start = .at(instant)
        } else if text.hasPrefix("+"), let lead = Units.duration(String(text.dropFirst())) {
            start = .after(lead)
        } else {
            throw Failure(.badInput, "--start-at \(text): allowed: \(WallInstant.form), or +2s")
        }
    }

    private func check(_ flags: RunFlags, _ job: Job, isResumed: Bool, plansOnly: Bool) throws(Failure) {
        if rendezvous == nil, !plansOnly {
            if case .after = start {
                throw Failure(
                    .badInput,
                    "--start-at \(flags.startAt ?? ""): each shard would start at a different instant; "
                        + "give all the same \(WallInstant.form), or a --rendezvous"
                )
            }
            guard start != .now else {
                throw Failure(
                    .badInput,
                    "shard \(shard.text) has no common start with the others: give all the same --start-at "
                        + "(\(WallInstant.form)), or a --rendezvous HOST:PORT"
                )
            }
        }
        if isResumed { throw Failure(.badInput, "--resume goes on with a run of one machine; leave out --shard") }
        if job.search != nil {
            throw Failure(
                .badInput,
                "--find chooses each level by the result of the one before, and no shard knows the others' results"
            )
        }
        if let target = job.targets.first(where: \.isSimulated) {
            throw Failure(
                .badInput,
                "\(target.name): each shard would have a simulated provider of its own; "
                    + "start `spate simulate` once and give all its --url"
            )
        }
        if job.targets.count > 1, job.profile.order != .parallel, rendezvous == nil {
            throw Failure(
                .badInput,
                "targets take turns (order: \(job.profile.order.rawValue)), and shards would not switch together; "
                    + "give a --rendezvous HOST:PORT, or order: parallel"
            )
        }
    }

    private static var environment: [String: String] {
        let names = [
            "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_ID", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS",
            "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX",
            "JOB_COMPLETION_INDEX",
        ]
        return names.reduce(into: [:]) { found, name in
            if let value = getenv(name) { found[name] = String(cString: value) }
        }
    }
}

extension Job {
    /// What each shard sends for itself counts as often as there are shards.
    mutating func noteMachines() throws(Failure) {
        plan.machines = split.shard.count
        let least = targets.count * plan.estimate(answer: plan.fastAnswer).requestsLeast
        if split.shard.count > 1, let most = profile.limits.maxRequests, least > most {
            throw Failure(
                .badInput,
                "limits.max_requests: read \(most); over \(split.shard.count) shards the plan asks for at least \(least) requests"
            )
        }
    }
}

extension EngineTarget {
    func part(of shard: Shard) -> EngineTarget {
        var part = self
        part.plan = plan.part(of: shard)
        return part
    }
}
