import Schedule
import Simulator
import Testing
import Ticks

@Suite struct ServerModelTests {
    /// Keeps `clients` requests of `tokens` in flight until `end`; returns the tokens of each step by its instant in ms.
    private func closedLoop(clients: Int, tokens: Int, until end: Int64, _ scenario: Scenario) -> [Int64: Int] {
        var bench = ModelBench(scenario)
        for _ in 0..<clients { bench.arrive(at: 0, tokens: tokens) }
        while let now = bench.advanceOnce(limit: end) {
            let finished = bench.finishedNow
            bench.finishedNow = []
            for _ in finished { bench.arrive(at: now, tokens: tokens) }
        }
        var perStep: [Int64: Int] = [:]
        for request in bench.seen { for time in request.tokenTimes { perStep[time, default: 0] += 1 } }
        return perStep
    }

    @Test(arguments: [(1, 1), (8, 8), (15, 15), (16, 16), (17, 16), (48, 16)])
    func `16 slots with a constant step give 16 tokens a step however many wait`(clients: Int, expected: Int) {
        let perStep = closedLoop(clients: clients, tokens: 7, until: 2000, .plain())
        #expect(perStep.keys.sorted() == Array(stride(from: Int64(20), through: 2000, by: 20)))
        #expect(perStep.values.allSatisfy { $0 == expected })
    }

    @Test func `a step lasts base plus perActive for each active sequence`() {
        var bench = ModelBench(.plain { $0.step = .init(base: .milliseconds(10), perActive: .milliseconds(2)) })
        for _ in 0..<5 { bench.arrive(at: 0, tokens: 3) }
        bench.advance(to: 1000)
        #expect(bench.seen.allSatisfy { $0.tokenTimes == [20, 40, 60] })
        bench.arrive(at: 1000, tokens: 2)
        bench.advance(to: 2000)
        #expect(bench.seen[5].tokenTimes == [1012, 1024])
    }

    @Test func `a sequence that comes in mid-step joins at the next and slows only that one`() {
        var bench = ModelBench(.plain { $0.step = .init(base: .milliseconds(10), perActive: .milliseconds(2)) })
        bench.arrive(at: 0, tokens: 4)  // steps of 12
        bench.arrive(at: 5, tokens: 1)  // joins at 12, a step of 14
        bench.advance(to: 1000)
        #expect(bench.seen[0].tokenTimes == [12, 26, 38, 50])
        #expect(bench.seen[1].tokenTimes == [26])
    }

    @Test func `prefill delays the first token of its own sequence only`() {
        var bench = ModelBench(
            .plain { $0.prefill = .init(base: .milliseconds(50), perThousandTokens: .milliseconds(100)) }
        )
        bench.arrive(at: 0, prompt: 0, tokens: 10)  // prefill to 50, tokens at 70, 90 ... 250
        bench.arrive(at: 0, prompt: 500, tokens: 2)  // prefill to 100, joins at 110
        bench.advance(to: 1000)
        #expect(bench.seen[0].tokenTimes == Array(stride(from: Int64(70), through: 250, by: 20)))
        #expect(bench.seen[1].tokenTimes == [130, 150])
    }

    @Test func `from zero the whole first burst waits for the cold start`() {
        var bench = ModelBench(
            .plain {
                $0.replicasMin = 0
                $0.coldStart = .constant(.seconds(10))
                $0.prefill = .init(base: .milliseconds(50), perThousandTokens: .milliseconds(100))
            }
        )
        for k in 0..<5 { bench.arrive(at: Int64(k), prompt: 500, tokens: 1) }
        bench.advance(to: 20_000)
        #expect(bench.replicaEvents.map(\.what) == ["starting", "ready"])
        #expect(bench.replicaEvents.map(\.at) == [0, 10_000])
        #expect(bench.seen.allSatisfy { $0.cold == true && $0.dequeued == 10_000 && $0.tokenTimes == [10_120] })
    }

    @Test func `a request that arrives after the start, or is served by another replica, is not cold`() {
        var bench = ModelBench(
            .plain {
                $0.replicasMin = 1
                $0.replicasMax = 2
                $0.slotsPerReplica = 1
                $0.coldStart = .constant(.seconds(1))
                $0.scaleUp = .init(loadPerReplica: 1, delay: .zero)
            }
        )
        bench.arrive(at: 0, tokens: 10)  // replica 0 until 200
        bench.arrive(at: 0, tokens: 60)  // starts replica 1, yet gets replica 0 at 200 until 1400
        bench.arrive(at: 300, tokens: 1)  // replica 1 at 1000
        bench.advance(to: 1200)
        bench.arrive(at: 1200, tokens: 1)  // replica 1, long ready
        bench.advance(to: 2000)
        #expect(bench.seen.map(\.replica) == [0, 0, 1, 1])
        #expect(bench.seen.map(\.cold) == [false, false, true, false])
        #expect(bench.seen.map(\.dequeued) == [0, 200, 1000, 1200])
    }

    @Test func `slots are given in order of arrival, passing over the cancelled`() {
        var bench = ModelBench(.plain { $0.slotsPerReplica = 2 })
        for _ in 0..<7 { bench.arrive(at: 0, tokens: 1) }
        bench.cancel(3, at: 10)
        bench.advance(to: 1000)
        #expect(bench.seen.map(\.dequeued) == [0, 0, 20, nil, 20, 40, 40])
        #expect(bench.seen[3].tokens == 0)
    }

    @Test func `a full queue refuses until a place is free`() {
        var bench = ModelBench(
            .plain {
                $0.slotsPerReplica = 2
                $0.queueLimit = 3
            }
        )
        for _ in 0..<5 { #expect(bench.arrive(at: 0, tokens: 1).request != nil) }
        #expect(bench.arrive(at: 0).retry == .seconds(1))
        #expect(bench.model.waiting == 3)
        bench.advance(to: 20)
        #expect(bench.model.waiting == 1)
        #expect(bench.arrive(at: 20).request != nil)
    }

    @Test func `retry-after names the rest of a cold start, in whole seconds`() {
        var bench = ModelBench(
            .plain {
                $0.replicasMin = 0
                $0.coldStart = .constant(.milliseconds(8500))
                $0.queueLimit = 1
            }
        )
        bench.arrive(at: 0)
        #expect(bench.arrive(at: 1000).retry == .seconds(8))  // 7.5 s left
    }

    @Test func `an idle replica goes after its timeout, and the next request is cold on a new one`() {
        var bench = ModelBench(
            .plain {
                $0.replicasMin = 0
                $0.coldStart = .constant(.seconds(2))
                $0.idleTimeout = .constant(.seconds(60))
            }
        )
        bench.arrive(at: 0, tokens: 5)  // ready at 2,000, last token at 2,100
        bench.advance(to: 62_099)
        #expect(bench.model.readyReplicas == 1)
        bench.advance(to: 62_100)
        #expect(bench.model.readyReplicas == 0)
        #expect(bench.replicaEvents.map(\.at) == [0, 2000, 62_100])
        #expect(bench.model.nextDeadline == nil)
        bench.arrive(at: 70_000, tokens: 1)
        bench.advance(to: 80_000)
        #expect(bench.seen[1].replica == 1)
        #expect(bench.seen[1].cold == true)
        #expect(bench.seen[1].tokenTimes == [72_020])
    }

    @Test func `a request within the idle time keeps the replica, and the minimum is never let go`() {
        var bench = ModelBench(
            .plain {
                $0.replicasMin = 0
                $0.coldStart = .constant(.seconds(2))
                $0.idleTimeout = .constant(.seconds(60))
            }
        )
        bench.arrive(at: 0, tokens: 5)
        bench.arrive(at: 62_000, tokens: 5)  // until 62,100
        bench.advance(to: 122_099)
        #expect(bench.model.readyReplicas == 1)
        #expect(bench.seen[1].cold == false)
        bench.advance(to: 122_100)
        #expect(bench.model.readyReplicas == 0)

        var kept = ModelBench(
            .plain {
                $0.replicasMin = 2
                $0.idleTimeout = .constant(.seconds(1))
            }
        )
        kept.advance(to: 1_000_000)
        #expect(kept.model.readyReplicas == 2)
    }

    @Test func `a cancelled sequence gives its slot to the next at that instant`() {
        var bench = ModelBench(.plain { $0.slotsPerReplica = 1 })
        bench.arrive(at: 0, tokens: 100)
        bench.arrive(at: 1, tokens: 2)
        bench.cancel(0, at: 45)
        bench.advance(to: 1000)
        #expect(bench.seen[0].tokenTimes == [20, 40])
        #expect(bench.seen[1].dequeued == 45)
        #expect(bench.seen[1].tokenTimes == [65, 85])
        #expect(bench.model.running == 0)
    }

    @Test func `replicas start one per load step, and no sooner than the delay apart`() {
        func starts(delay: Duration, burst: Int) -> [Int64] {
            var bench = ModelBench(
                .plain {
                    $0.replicasMin = 0
                    $0.replicasMax = 4
                    $0.coldStart = .constant(.seconds(30))
                    $0.scaleUp = .init(loadPerReplica: 16, delay: delay)
                }
            )
            for _ in 0..<burst { bench.arrive(at: 0) }
            bench.advance(to: 25_000)
            return bench.replicaEvents.filter { $0.what == "starting" }.map(\.at)
        }
        #expect(starts(delay: .zero, burst: 16) == [0])
        #expect(starts(delay: .zero, burst: 17) == [0, 0])
        #expect(starts(delay: .zero, burst: 200) == [0, 0, 0, 0])
        #expect(starts(delay: .seconds(5), burst: 64) == [0, 5000, 10_000, 15_000])
        #expect(starts(delay: .seconds(5), burst: 33) == [0, 5000, 10_000])
    }

    @Test func `load is spread over the replicas with the fewest sequences`() {
        var bench = ModelBench(.plain { $0.replicasMin = 3 })
        for _ in 0..<7 { bench.arrive(at: 0, tokens: 50) }
        #expect(bench.seen.map(\.replica) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test func `several tokens a step come together, and the last step gives the rest`() {
        var bench = ModelBench(.plain { $0.tokensPerStep = 3 })
        bench.arrive(at: 0, tokens: 7)
        bench.advance(to: 1000)
        #expect(bench.seen[0].tokens == 7)
        #expect(bench.seen[0].tokenTimes == [20, 40, 60])
    }

    @Test func `jitter keeps each step within its half-width and differs from step to step`() {
        var model = ServerModel(scenario: .plain { $0.jitter = 0.25 }, start: .zero)
        var events: [ServerModel.Event] = []
        _ = model.admit(promptTokens: 0, tokens: 200, arrived: .zero, into: &events)
        model.advance(to: ModelBench.at(100_000), into: &events)
        var previous = Instant.zero
        var lengths: [Int64] = []
        for case .tokens(_, _, _, let at) in events {
            lengths.append(at.nanoseconds(since: previous))
            previous = at
        }
        #expect(lengths.count == 200)
        #expect(lengths.allSatisfy { (15_000_000...25_000_000).contains($0) })
        #expect(Set(lengths).count > 190)
        let mean = Double(lengths.reduce(0, +)) / 200
        #expect(abs(mean - 20_000_000) < 800_000)  // 4 standard errors of a uniform of half-width 5 ms
    }

    @Test func `times are multiplied by the scenario's scale`() {
        var bench = ModelBench(
            .plain {
                $0.replicasMin = 0
                $0.coldStart = .constant(.seconds(10))
                $0.timeScale = 0.1
            }
        )
        bench.arrive(at: 0, tokens: 3)
        bench.advance(to: 10_000)
        #expect(bench.seen[0].tokenTimes == [1002, 1004, 1006])
    }
}

@Suite struct DrawnIdleTimeTests {
    @Test func `a replica's idle time is drawn anew each time that it falls idle, the same for the same seed`() {
        func lives(seed: UInt64) -> [Int64] {
            var scenario = Scenario(name: "drawn")
            scenario.replicasMin = 0
            scenario.idleTimeout = .uniform(.milliseconds(1000), .milliseconds(2000))
            scenario.seed = seed
            var bench = ModelBench(scenario)
            var now: Int64 = 0
            // Asked again while it is warm: each idle time begins anew, and none is shorter or longer than drawn.
            for _ in 0..<20 {
                bench.arrive(at: now, tokens: 1)
                now += 900
                bench.advance(to: now)
            }
            #expect(bench.replicaEvents.count { $0.what == "gone" } == 0)
            var idle: [Int64] = []
            for _ in 0..<40 {
                bench.arrive(at: now, tokens: 1)
                bench.advance(to: now + 5000)
                let ended = bench.seen.last?.tokenTimes.last ?? 0
                let gone = bench.replicaEvents.last { $0.what == "gone" }?.at ?? 0
                idle.append(gone - ended)
                now += 5000
            }
            return idle
        }
        let idle = lives(seed: 3)
        #expect(idle.allSatisfy { (999...2000).contains($0) }, "\(idle)")
        #expect(Set(idle).count > 30)
        #expect(idle == lives(seed: 3))
        #expect(idle != lives(seed: 4))
    }
}
