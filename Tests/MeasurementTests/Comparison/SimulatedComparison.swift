import Glibc
import Measurement
import Ticks

/// Two targets under a steady load in virtual time, as a recorded run.
///
/// Four streams each; a request waits some 200 ms and then gets 16 tokens some 40 ms apart, all with 15 % scatter. What the
/// hour does (`speed`, by seconds since the start) it does to both; `slowness` is the second target's own. A block is
/// measured from a second after its start, and over when all of its requests have ended.
struct SimulatedComparison {
    enum Order { case interleaved, sequential }

    var order = Order.interleaved
    var blocks = 6
    var blockSeconds: Int64 = 8
    var slowness = 1.0
    var speed: (Double) -> Double = { _ in 1 }
    var failureShare = 0.0  // of the second target's requests
    var bytesPerToken: Int64 = 4  // of the second target
    var added: Int64 = 0  // milliseconds, to the time to its first token
    /// What becomes of its answers besides.
    var change: (inout RequestRecord) -> Void = { _ in }

    func recorded(seed: UInt64) -> RunResultBuilder {
        var random = SplitMix64(seed: seed, stream: "simulated comparison")
        var builder = RunResultBuilder()
        builder.recorded.targets[0].name = "a"
        builder.recorded.targets[0].model = "m"
        let second = builder.target("b")
        builder.recorded.targets[1].model = "m"
        builder.recorded.run.seed = seed
        builder.recorded.run.id = "run-\(seed)"
        let length = blockSeconds * 1000 * Int64(order == .sequential ? blocks : 1)
        // A B B A, as TurnOrder has it; one after the other is one long block each.
        let turns = order == .sequential ? [0, 1] : (0..<blocks).flatMap { $0 % 2 == 0 ? [0, 1] : [1, 0] }
        let starts = turns.indices.map { Int64($0) * length }
        let phases = [0, 1].map { target in
            let own = zip(turns, starts).filter { $0.0 == target }.map(\.1)
            return builder.phase(
                .steady,
                from: own[0],
                to: own[own.count - 1] + length,
                target: target == 0 ? 1 : second
            )
        }
        var counts = [0, 0]
        for (target, at) in zip(turns, starts) {
            let step = builder.step(
                .level,
                of: phases[target],
                4,
                from: at,
                settled: at + 1000,
                windowEnded: at + length - 2000,
                drained: at + length
            ) { if order == .interleaved { $0.block = counts[target] } }
            counts[target] += 1
            load(&builder, step, isSecond: target == 1, from: at, to: at + length, &random)
        }
        return builder
    }

    private func load(
        _ builder: inout RunResultBuilder,
        _ step: Int,
        isSecond: Bool,
        from: Int64,
        to: Int64,
        _ random: inout SplitMix64
    ) {
        for stream in 0..<4 as Range<Int64> {
            var now = from + 150 * stream
            while now < to - 1900 {
                let measured = now >= from + 1000 && now < to - 2000
                let slow = (isSecond ? slowness : 1) / speed(Double(now) / 1000)
                let scatter = { (random: inout SplitMix64) in 1 + 0.15 * (2 * random.unit() - 1) }
                if isSecond, random.unit() < failureShare {
                    builder.failure(step, at: now, .http5xx, after: 20, measured: measured)
                    now += 20
                    continue
                }
                let ttft = Int64((200 * slow * scatter(&random)).rounded()) + (isSecond ? added : 0)
                let gap = Int64((40 * slow * scatter(&random)).rounded())
                builder.request(step, at: now, ttft: ttft, tokens: 16, gap: gap, measured: measured) {
                    $0.visibleBytes = 16 * (isSecond ? bytesPerToken : 4)
                    if isSecond { change(&$0) }
                }
                now += ttft + 15 * gap
            }
        }
    }
}
