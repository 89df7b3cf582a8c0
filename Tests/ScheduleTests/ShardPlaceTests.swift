import Schedule
import Testing

/// What each launcher sets, as it was measured with Slurm 22.05, Open MPI 4.1 and Kubernetes.
@Suite struct ShardPlaceTests {
    private func text(_ environment: [String: String], count: Int? = nil) -> String {
        do throws(ShardPlace.Problem) { return try ShardPlace.found(in: environment, count: count).shard.text } catch {
            return "refused"
        }
    }

    private static let array = [
        "SLURM_ARRAY_TASK_ID": "12", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "10",
        "SLURM_ARRAY_TASK_MAX": "13", "SLURM_PROCID": "0", "SLURM_NTASKS": "1",
    ]
    private static let step = [
        "SLURM_STEP_ID": "0", "SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4",
    ]

    @Test func `a step of Slurm says rank and tasks`() { #expect(text(Self.step) == "3/4") }

    @Test func `a batch script is no step, though it has a rank and tasks`() {
        #expect(text(["SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"]) == "0/1")
    }

    @Test func `a task of an array is known by its place, not by its rank`() { #expect(text(Self.array) == "2/4") }

    @Test func `steps within an array count both`() {
        let two = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"]
        #expect(text(Self.array.merging(two) { $1 }) == "5/8")
    }

    @Test func `an array with a step or a list has no places`() {
        var environment = Self.array
        environment["SLURM_ARRAY_TASK_MAX"] = "16"
        #expect(text(environment) == "refused")
    }

    @Test func `Open MPI goes before the Slurm that started its daemons`() {
        let daemons = ["SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2"]
        let ranks = ["OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4"]
        #expect(text(daemons.merging(ranks) { $1 }) == "3/4")
    }

    @Test func `an index of Kubernetes needs the number of all`() {
        #expect(text(["JOB_COMPLETION_INDEX": "1"]) == "refused")
        #expect(text(["JOB_COMPLETION_INDEX": "1"], count: 3) == "1/3")
        #expect(text(["JOB_COMPLETION_INDEX": "3"], count: 3) == "refused")
    }

    @Test func `a number that was asked for must be the one that is found`() {
        #expect(text(Self.step, count: 4) == "3/4")
        #expect(text(Self.step, count: 5) == "refused")
        #expect(text([:], count: 2) == "refused")
        #expect(text([:]) == "0/1")
    }

    @Test(arguments: ["x", "-1", "", "4"])
    func `a rank that is none is refused`(rank: String) {
        #expect(text(Self.step.merging(["SLURM_PROCID": rank]) { $1 }) == "refused")
    }

    @Test(arguments: ["0/1", "3/4", "9999/10000"])
    func `k/n is read`(text: String) { #expect(Shard(parsing: text)?.text == text) }

    @Test(arguments: [
        "", "1", "4/4", "1/0", "-1/4", "+1/4", "1/4/2", "a/b", "1/ 4", "0/10001", "99999999999999999999/4",
    ])
    func `what is not k/n is not`(text: String) { #expect(Shard(parsing: text) == nil) }
}
