import Measurement
import Schedule
import Testing
import Ticks

@testable import Engine

@Suite struct NumberingTests {
    @Test func `shards of one run have one salt, whatever their clocks tell, and each other run has its own`() {
        let instants = [5, 9_000_000_000].map { Instant(nanoseconds: $0) }
        let shards = zip((0..<2).map { Shard($0, of: 2) }, instants).map { Run.salt(of: $0, id: "abc", t0: $1) }
        #expect(shards[0] == shards[1])
        #expect(Run.salt(of: Shard(0, of: 2), id: "abd", t0: instants[0]) != shards[0])
        #expect(Run.salt(of: .whole, id: "abc", t0: instants[0]) != Run.salt(of: .whole, id: "abc", t0: instants[1]))
    }

    /// Of targets in parallel, each with loops of its own and several phases that are probed.
    private func all(targets: Int, loops: Int, phases: Int) -> [Numbering.Probes] {
        (0..<targets).flatMap { target in
            (0..<phases).map { number in
                let place = Run.Place(firstLoop: target * loops, runs: targets)
                return Numbering.probes(number, beside: 1 + target * phases + number, of: place, loops: loops)
            }
        }
    }

    @Test(arguments: [(1, 1), (1, 4), (2, 1), (3, 2), (8, 4)])
    func `no two runs of probes share a row, a request or a loop`(targets: Int, loops: Int) {
        let probes = all(targets: targets, loops: loops, phases: 20)
        #expect(Set(probes.map(\.phase)).count == probes.count)
        #expect(Set(probes.flatMap { [$0.step, $0.step + 1] }).count == 2 * probes.count)
        #expect(Set(probes.map(\.loop)).count == probes.count)
        let firsts = probes.map(\.sequence).sorted()
        let rooms = zip(firsts, firsts.dropFirst()).map { $1 - $0 }
        #expect(rooms.allSatisfy { $0 >= Numbering.firstProbe })
    }

    @Test func `none of them is a load's`() {
        let (targets, loops) = (8, 4)
        for probes in all(targets: targets, loops: loops, phases: 20) {
            #expect(probes.phase > Numbering.firstProbeRow && probes.step >= Numbering.firstProbeRow)
            #expect(probes.sequence >= Numbering.firstProbe)
            #expect(probes.loop >= targets * loops)
        }
        // A thousand turns of a target, and as many interruptions, stay below.
        #expect(1000 * Numbering.promptsPerTurn < Numbering.firstProbe)
        #expect(1000 * Numbering.resumptionGap < Numbering.firstProbe)
    }

    /// A part that measures again, and one that is next, with probes beside them all.
    @Test func `parts of a run that follow each other share no number with the probes beside them`() {
        var recorded = RecordedRun()
        var taken: Set<Int64> = []
        var rows: Set<Int> = []
        var continuation = Program.Continuation()
        for part in 0..<4 {
            continuation.follow(recorded)
            let probes = Numbering.probes(continuation.probeRuns, beside: 1, of: Run.Place(), loops: 1)
            #expect(rows.insert(probes.step).inserted && rows.insert(probes.step + 1).inserted, "part \(part)")
            for number in (0..<60).map({ continuation.sequence + $0 }) + (0..<9).map({ probes.sequence + $0 }) {
                #expect(taken.insert(number).inserted, "\(number) of part \(part)")
                var request = RequestRecord()
                request.sequence = number
                recorded.requests.append(request)
            }
            #expect(continuation.sequence == Int64(60 * part), "no number of a load is left out")
            for id in [part + 1, probes.step, probes.step + 1] {
                var step = StepRecord()
                step.id = id
                recorded.steps.append(step)
            }
        }
    }
}
