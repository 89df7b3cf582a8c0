import Schedule
import Simulator
import Testing
import Ticks

/// Long random histories, in which what must always hold is looked for.
@Suite struct ServerModelInvariantTests {
    private static func scenario(seed: UInt64) -> Scenario {
        .plain {
            $0.replicasMin = Int(seed % 2)
            $0.replicasMax = 4
            $0.slotsPerReplica = 3
            $0.queueLimit = 12
            $0.coldStart = .logNormal(median: .milliseconds(400), sigma: 0.5)
            $0.idleTimeout = .constant(.milliseconds(300))
            $0.scaleUp = .init(loadPerReplica: 3, delay: .milliseconds(50))
            $0.prefill = .init(base: .milliseconds(5), perThousandTokens: .milliseconds(100))
            $0.step = .init(base: .milliseconds(10), perActive: .milliseconds(1))
            $0.jitter = 0.2
            $0.seed = seed
        }
    }

    /// Random arrivals and cancellations; `check` sees the bench after each.
    private func history(
        seed: UInt64,
        scenarioSeed: UInt64? = nil,
        check: (ModelBench) -> Void = { _ in }
    ) -> (bench: ModelBench, wanted: [Int], cancelled: Set<Int>, refused: Int) {
        var bench = ModelBench(Self.scenario(seed: scenarioSeed ?? seed))
        var dice = SplitMix64(seed: seed)
        var wanted: [Int] = []
        var cancelled: Set<Int> = []
        var refused = 0
        var now: Int64 = 0
        for _ in 0..<600 {
            now += Int64(dice.unit() < 0.02 ? 2000 : dice.unit() * 30)
            bench.advance(to: now)
            let present = bench.seen.indices.filter { !bench.seen[$0].ended && !cancelled.contains($0) }
            if dice.unit() < 0.15, let victim = present.randomElement(using: &dice) {
                cancelled.insert(victim)
                bench.cancel(victim, at: now)
            } else {
                let tokens = 1 + Int(dice.unit() * 30)
                let prompt = Int(dice.unit() * 500)
                if bench.arrive(at: now, prompt: prompt, tokens: tokens).request != nil {
                    wanted.append(tokens)
                } else {
                    refused += 1
                }
            }
            check(bench)
        }
        bench.advance(to: now + 600_000)
        check(bench)
        return (bench, wanted, cancelled, refused)
    }

    @Test(arguments: UInt64(1)...12)
    func `every request ends with its tokens to the token, unless it was cancelled`(seed: UInt64) {
        let (bench, wanted, cancelled, refused) = history(seed: seed)
        #expect(bench.seen.count == wanted.count)
        #expect(bench.strays == 0)
        #expect(refused > 0)  // the history reaches the queue's limit
        #expect(cancelled.count > 30)
        for (request, seen) in bench.seen.enumerated() {
            if cancelled.contains(request) {
                #expect(!seen.ended && seen.tokens < wanted[request], "request \(request)")
            } else {
                #expect(seen.ended && seen.tokens == wanted[request], "request \(request)")
            }
        }
        #expect(bench.model.running == 0 && bench.model.waiting == 0)
        #expect(bench.model.readyReplicas == Int(seed % 2))  // idle ones have gone, the minimum stays
    }

    @Test(arguments: UInt64(1)...12)
    func `slots and queue never hold more than they may, and nobody waits beside a free slot`(seed: UInt64) {
        _ = history(seed: seed) { bench in
            let slots = bench.model.readyReplicas * 3
            #expect(bench.model.running <= slots)
            #expect(bench.model.waiting <= 12)
            #expect(bench.model.waiting == 0 || bench.model.running == slots)
            #expect(bench.model.readyReplicas + bench.model.startingReplicas <= 4)
        }
    }

    @Test(arguments: UInt64(1)...6)
    func `a cold request waited while its replica started, a warm one did not`(seed: UInt64) {
        let (bench, _, _, _) = history(seed: seed)
        var ready: [Int: Int64] = [:]
        for event in bench.replicaEvents where event.what == "ready" { ready[event.number] = event.at }
        var cold = 0
        for request in bench.seen {
            guard let replica = request.replica, let dequeued = request.dequeued else { continue }
            guard let readyAt = ready[replica] else {
                #expect(request.cold == false)  // there from the start
                continue
            }
            #expect(dequeued >= readyAt)
            // Whole milliseconds leave the very millisecond of readiness open.
            if request.arrived != readyAt { #expect(request.cold == (request.arrived < readyAt)) }
            cold += request.cold == true ? 1 : 0
        }
        #expect(cold > 5)
    }

    @Test func `the same seed and arrivals give the same events, another seed others`() {
        let first = history(seed: 7).bench
        let second = history(seed: 7).bench
        let other = history(seed: 7, scenarioSeed: 9).bench
        #expect(first.seen == second.seen)
        #expect(first.replicaEvents.map(\.at) == second.replicaEvents.map(\.at))
        #expect(first.seen != other.seen)
    }

    @Test func `bringing the model forward in one leap or in many steps gives the same events`() {
        var leap = ModelBench(Self.scenario(seed: 4))
        var steps = ModelBench(Self.scenario(seed: 4))
        for k in 0..<40 {
            leap.arrive(at: Int64(k * 7), prompt: k * 10, tokens: 5 + k)
            for ms in Int64(k * 7 - 6)...Int64(k * 7) where ms >= 0 { steps.advance(to: ms) }
            steps.arrive(at: Int64(k * 7), prompt: k * 10, tokens: 5 + k)
        }
        leap.advance(to: 20_000)
        for ms in Int64(280)...20_000 { steps.advance(to: ms) }
        #expect(leap.seen == steps.seen)
    }
}
