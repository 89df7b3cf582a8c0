import Ticks

/// How several targets share a run.
public enum TargetOrder: String, Sendable, Hashable, CaseIterable {
    case interleaved  // block by block, in random order: all see the same hours
    case sequential  // one whole plan after the other
    case parallel  // all at once
}

/// How often the whole plan is run, and how far apart the starts are: peak and off-peak in one process.
public struct TimeWindows: Sendable, Hashable {
    public var count: Int
    public var every: Duration

    public init(count: Int = 1, every: Duration = .zero) {
        self.count = count
        self.every = every
    }
}

/// One block of one phase, against one target.
public struct Turn: Sendable, Hashable {
    public var window: Int  // from 0
    public var phase: Int  // index into the plan's phases
    public var block: Int  // of that phase, from 0
    public var target: Int

    public init(window: Int, phase: Int, block: Int, target: Int) {
        self.window = window
        self.phase = phase
        self.block = block
        self.target = target
    }
}

extension TargetOrder {
    /// Who is loaded with what, in order. One list for each target where they are loaded at the same time, else one list.
    ///
    /// Interleaved: each target's first block of a phase, then each one's second, and so on. Who goes first is drawn for
    /// every other round; the round between runs the other way round, so that a drift of the hour weighs on all alike
    /// (A B B A: a linear one cancels over every two rounds).
    ///
    /// - Parameter blocks: by target, then by phase: how many blocks the phase has.
    public func turns(blocks: [[Int]], windows: Int = 1, seed: UInt64) -> [[Turn]] {
        switch self {
        case .parallel:
            return blocks.indices.map { target in
                (0..<windows).flatMap { Self.whole(blocks[target], target: target, window: $0) }
            }
        case .sequential:
            return [
                (0..<windows).flatMap { window in
                    blocks.indices.flatMap { Self.whole(blocks[$0], target: $0, window: window) }
                }
            ]
        case .interleaved:
            var generator = SplitMix64(seed: seed, stream: "turns")
            var order = Array(blocks.indices)
            var rounds = 0
            var turns: [Turn] = []
            for window in 0..<windows {
                for phase in 0..<(blocks.map(\.count).max() ?? 0) {
                    let counts = blocks.map { phase < $0.count ? $0[phase] : 0 }
                    for block in 0..<(counts.max() ?? 0) {
                        if rounds % 2 == 0 { order.shuffle(using: &generator) } else { order.reverse() }
                        rounds += 1
                        for target in order where block < counts[target] {
                            turns.append(Turn(window: window, phase: phase, block: block, target: target))
                        }
                    }
                }
            }
            return [turns]
        }
    }

    private static func whole(_ blocks: [Int], target: Int, window: Int) -> [Turn] {
        blocks.enumerated().flatMap { phase, count in
            (0..<count).map { Turn(window: window, phase: phase, block: $0, target: target) }
        }
    }
}

extension Array {
    /// Fisher and Yates', from the generator alone: the standard library's own way of drawing may change.
    fileprivate mutating func shuffle(using generator: inout SplitMix64) {
        for index in indices.reversed() where index > 0 {
            swapAt(index, Int(generator.unit() * Double(index + 1)))
        }
    }
}
