/// Which shard a process is, as far as the launcher that started it says so.
public struct ShardPlace: Sendable, Hashable {
    public var shard: Shard
    /// What it was told by, in words.
    public var origin: String

    public init(shard: Shard, origin: String) {
        self.shard = shard
        self.origin = origin
    }

    /// Why it cannot be told.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        public var description: String
    }

    /// By the variables of the launcher: Open MPI, a step of Slurm (srun), a job array of Slurm, an indexed Job of Kubernetes.
    ///
    /// Open MPI comes first: under Slurm it starts its own daemons as a step, whose rank is not the process's. A batch script
    /// of Slurm has a rank, too, without being one of several: only a step counts. An array may have steps with tasks each.
    /// - Parameter count: how many shards there are, where the user said so; else nil.
    public static func found(in environment: [String: String], count: Int? = nil) throws(Problem) -> ShardPlace {
        func number(_ name: String) throws(Problem) -> Int? {
            guard let text = environment[name] else { return nil }
            guard let value = Int(text), value >= 0 else {
                throw Problem(description: "\(name)=\(text): a number of 0 or more was expected")
            }
            return value
        }
        var parts: [(rank: Int, of: Int, origin: String)] = []
        if environment["SLURM_ARRAY_TASK_ID"] != nil {
            guard let task = try number("SLURM_ARRAY_TASK_ID"), let tasks = try number("SLURM_ARRAY_TASK_COUNT"),
                let least = try number("SLURM_ARRAY_TASK_MIN"), let most = try number("SLURM_ARRAY_TASK_MAX")
            else { throw Problem(description: "a task of a job array, without SLURM_ARRAY_TASK_COUNT, _MIN and _MAX") }
            guard most - least + 1 == tasks, (least...most).contains(task) else {
                throw Problem(
                    description: "the job array is a list or has a step (\(tasks) tasks from \(least) to \(most)): "
                        + "this task's place in it is unknown; use --array=0-\(max(0, tasks - 1)), or say --shard k/n"
                )
            }
            parts.append((task - least, tasks, "SLURM_ARRAY_TASK_ID=\(task) of \(tasks)"))
        }
        if let rank = try number("OMPI_COMM_WORLD_RANK"), let size = try number("OMPI_COMM_WORLD_SIZE") {
            parts.append((rank, size, "OMPI_COMM_WORLD_RANK=\(rank) of \(size)"))
        } else if environment["SLURM_STEP_ID"] != nil, let rank = try number("SLURM_PROCID"),
            let tasks = try number("SLURM_STEP_NUM_TASKS")
        {
            parts.append((rank, tasks, "SLURM_PROCID=\(rank) of \(tasks) tasks of the step"))
        }
        if parts.isEmpty, let index = try number("JOB_COMPLETION_INDEX") {
            guard let count else {
                throw Problem(
                    description: "JOB_COMPLETION_INDEX=\(index), and Kubernetes does not say of how many: "
                        + "say --shard auto/N, with the Job's completions"
                )
            }
            parts.append((index, count, "JOB_COMPLETION_INDEX=\(index) of \(count)"))
        }
        var (rank, size) = (0, 1)
        for part in parts {
            guard part.of > 0, part.rank < part.of, size <= Shard.most / part.of else {
                throw Problem(
                    description:
                        "\(part.origin): no such shard; allowed: 0 to the number less one, at most \(Shard.most)"
                )
            }
            (rank, size) = (rank * part.of + part.rank, size * part.of)
        }
        let origin = parts.map(\.origin).joined(separator: ", ")
        if let count, count != size {
            throw Problem(
                description: parts.isEmpty
                    ? "no launcher says which of the \(count) shards this is: say --shard k/\(count)"
                    : "\(origin): that is one of \(size), not of the \(count) that were asked for"
            )
        }
        let alone = "no launcher says that this is one of several shards"
        return ShardPlace(shard: Shard(rank, of: size), origin: parts.isEmpty ? alone : origin)
    }
}
