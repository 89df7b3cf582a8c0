import Ticks

extension Trace {
    /// By row the share of its prompt's tokens in leading blocks that a row before it begins with, too; empty where the trace
    /// names no blocks.
    func repeatedShares(blockTokens: Int) -> [Float] {
        guard hasBlocks else { return [] }
        // By a beginning's hash, from its blocks' names: the most tokens that a row has of it, for its last block may be cut.
        var known: [UInt64: Int] = [:]
        return (0..<count).map { index in
            let row = self[index]
            let tokens = row.inputTokens ?? row.blocks.count * blockTokens
            var (beginning, repeated) = (UInt64(0), 0)
            for (place, block) in row.blocks.enumerated() {
                var hash = SplitMix64(seed: beginning ^ UInt64(bitPattern: block) &* 0xd134_2543_de82_ef95)
                beginning = hash.next()
                let own = place == row.blocks.count - 1 ? tokens : min(tokens, (place + 1) * blockTokens)
                let before = known[beginning]
                repeated = max(repeated, min(own, before ?? 0))
                known[beginning] = max(own, before ?? 0)
            }
            return tokens > 0 ? Float(repeated) / Float(tokens) : 0
        }
    }
}
