import Schedule
import Testing
import Ticks

@Suite struct JobItemsTests {
    private func places(_ items: JobItems) -> [Int] { (0..<items.count).map { items[$0] } }

    @Test func `a whole job has all places in order`() {
        #expect(places(JobItems(count: 5)) == [0, 1, 2, 3, 4])
        #expect(JobItems(count: 0).count == 0)
    }

    @Test func `what is done is left out, whatever else is named`() {
        #expect(places(JobItems(count: 8, without: [0, 3, 4, 7, 12, -1])) == [1, 2, 5, 6])
        #expect(JobItems(count: 3, without: [0, 1, 2]).count == 0)
        #expect(JobItems(count: 3, without: []) == JobItems(count: 3))
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func `any slices share the places out without loss or repetition`(
        seed: UInt64
    ) {
        var generator = SplitMix64(seed: seed)
        let done = Set((0..<60).filter { _ in generator.unit() < 0.4 })
        let items = JobItems(count: 60, without: done)
        let cut = Int(generator.unit() * Double(items.count + 1))
        let parts = places(items.slice(0..<cut)) + places(items.slice(cut..<items.count))
        #expect(parts == (0..<60).filter { !done.contains($0) }, "seed \(seed), cut \(cut)")
    }

    @Test(arguments: [1, 2, 3]) func `a job keeps its width, does each prompt once and ends with the last`(loops: Int) {
        let job = ClosedLoad(8, .items(JobItems(count: 100)))
        let stages = [Stage(.batch, .closed(job), grace: .seconds(30)), Stage.drain(grace: .seconds(30))]
        let run = VirtualRun(stages, server: VirtualServer(slots: 8, service: .milliseconds(100)), loops: loops)
        #expect(run.measured(of: 0).count == 100)
        #expect(run.requests.count == 100)
        // 12 rounds of 8, and 4 prompts that the last round has left: 1.3 s. Loops have shares of 34, 33 and 33.
        #expect(run.passages[0].quiet == at(1.3))
        #expect(run.leastInFlight(from: .zero, to: at(1.1)) == 8)
    }

    @Test func `the plan of a job is the same whatever of it is kept, and another for another size`() {
        func hash(_ change: (inout PhaseShape.Batch) -> Void) -> String {
            var batch = PhaseShape.Batch(requests: 100, concurrency: 8)
            change(&batch)
            let workload = Workload(source: .synthetic(inputTokens: 64))
            return RunPlan(seed: 1, workload: workload, warmupRequests: 3, shapes: [.batch(batch)], grace: .seconds(1))
                .scheduleSHA256
        }
        #expect(hash { $0.keepsAnswers = true } == hash { _ in })
        #expect(hash { $0.requests = 101 } != hash { _ in })
        #expect(hash { $0.concurrency = 9 } != hash { _ in })
    }
}
