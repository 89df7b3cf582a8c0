import Ticks

/// One of the parts into which a run is split over machines: shard `index` of `count`, from 0.
///
/// Everything that can be counted off belongs to the shard that its number leaves as the rest of a division by `count`:
/// prompts of a job, arrivals of an open loop, ranks of an edge, requests. What remains of a run when one shard is lost is
/// then thinned evenly.
public struct Shard: Sendable, Hashable {
    /// More machines than anybody has for this.
    public static let most = 10_000

    public let index: Int
    public let count: Int

    public static let whole = Shard(0, of: 1)

    public init(_ index: Int, of count: Int) {
        precondition(count > 0 && (0..<count).contains(index), "shard \(index) of \(count)")
        self.index = index
        self.count = count
    }

    /// `1/4` is the second of four; nil for anything else.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Self.number(parts[0]), let count = Self.number(parts[1]),
            (1...Self.most).contains(count), index < count
        else { return nil }
        self.init(index, of: count)
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    public var text: String { "\(index)/\(count)" }

    /// The number in the whole of what is the `own`-th of this shard.
    public func number(_ own: Int) -> Int { index + count * own }

    /// How many of `total` things are this shard's.
    public func part(of total: Int) -> Int { total / count + (index < total % count ? 1 : 0) }

    /// A shard among fewer, where some have nothing; nil for those.
    func among(_ owners: Int) -> Shard? { index < owners ? Shard(index, of: min(count, owners)) : nil }
}

// MARK: A shard's part of a plan

extension Stage {
    /// The shard's part. The parts of all shards add up to the whole, to the request.
    public func part(of shard: Shard) -> Stage {
        var part = self
        switch load {
        case .closed(let whole):
            part.load = .closed(whole.part(of: shard))
            if whole.wave != nil {
                part.firstRank = firstRank + shard.index * rankStride
                part.rankStride = rankStride * shard.count
            }
        case .open(let arrivals): part.load = .open(arrivals.part(of: shard))
        case .wait, .drain: break
        }
        return part
    }
}

extension ClosedLoad {
    /// As loops get it, but for what is counted off by number.
    fileprivate func part(of shard: Shard) -> ClosedLoad {
        var part = segment(loop: shard.index, of: shard.count)
        switch extent {
        case .items(let items):
            // A shard without a place could not ask its prompts.
            let owner = shard.among(slots)
            part.extent = .items(owner.map { items.part(of: $0) } ?? JobItems(count: 0))
        case .requests where primes:  // the same on each: none knows when another has
            (part.slots, part.extent) = (slots, extent)
        case .requests(let count) where !isMeasured:  // each shard warms up what it will use
            part.slots = slots
            part.extent = .requests(shard.part(of: count))
        case .requests, .time: break
        }
        return part
    }
}

extension Arrivals {
    fileprivate func part(of shard: Shard) -> Arrivals {
        var part = self
        guard let owner = shard.among(limit) else {
            part.stride = 0
            return part
        }
        part.first = first + owner.index * stride
        part.stride = stride * owner.count
        part.limit = shard.part(of: limit)
        return part
    }
}

extension RunPlan {
    /// The shard's part: each shard's plan has the same phases and stages, so that rows of all can be told by their numbers.
    public func part(of shard: Shard) -> RunPlan {
        guard shard.count > 1 else { return self }
        var part = self
        (part.shard, part.machines) = (shard, 1)
        part.limits = limits.part(of: shard)
        for phase in part.phases.indices {
            part.phases[phase].stages = phases[phase].stages.map { $0.part(of: shard) }
            if shard.index > 0 { part.phases[phase].probeRate = nil }
        }
        return part
    }
}

extension Limits {
    /// Caps are dealt out, not shared: whatever becomes of one shard, the others cannot go beyond theirs.
    public func part(of shard: Shard) -> Limits {
        var part = self
        part.maxRequests = maxRequests.map(shard.part)
        part.maxOutputTokens = maxOutputTokens.map(shard.part)
        part.maxCost = maxCost.map { Double(shard.part(of: Int(min($0 * 1e9, 9e18)))) / 1e9 }
        part.maxInFlight = max(1, shard.part(of: maxInFlight))
        return part
    }
}
