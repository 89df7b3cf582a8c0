/// What are the sides of stored runs.
public enum ComparisonGrouping: String, Sendable, Hashable, CaseIterable {
    case window  // each target; its runs are its time windows
    case run  // each target of each run
}

/// A stored run and what to call it.
public struct StoredRun: Sendable {
    public var name: String
    public var recorded: RecordedRun

    public init(name: String, recorded: RecordedRun) {
        self.name = name
        self.recorded = recorded
    }
}

/// What a comparison needs of a stored run: the requests themselves are let go, so that runs of any number can be read one after the
/// other.
public struct RunDigest: Sendable {
    let name: String
    let label: String?
    let seed: UInt64
    let sides: [ComparedSide]
    let targets: [TargetResult]

    public init(_ run: StoredRun) {
        name = run.name
        label = run.recorded.run.label
        seed = run.recorded.run.seed
        let index = RunIndex(run.recorded)
        let health = GeneratorHealth(run.recorded)
        let timelines = run.recorded.targets.map { TargetTimeline(index, $0) }
        targets = timelines.map { TargetResult(of: $0, health) }
        let folder = run.name
        sides = zip(timelines, targets).map { timeline, target in
            var side = ComparedSide(timeline, target)
            side.folders = [folder]
            return side
        }
    }
}

/// Why runs cannot be compared.
public struct ComparisonError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String
}

extension ComparisonResult {
    /// Stored runs side by side.
    ///
    /// By window, the runs of a target (of one name and one model) are its windows. Where that leaves a single target (a
    /// run before a change and one after it), each run is a side of its own.
    ///
    /// - Parameter base: name of the side that the others are held against; nil = the first.
    public init(of runs: [RunDigest], by grouping: ComparisonGrouping, base: String?) throws(ComparisonError) {
        let sides = runs.flatMap { run in run.sides.filter { !$0.windows.isEmpty }.map { (run: run, side: $0) } }
        var named = grouping == .window ? Self.byTarget(sides) : []
        if named.count < 2 { named = Self.byRun(sides) }
        guard named.count >= 2 else {
            let found = named.first.map { "only \($0.name)" } ?? "nothing that was measured"
            throw ComparisonError(description: "there is \(found) in these results; a comparison needs two")
        }
        if let base, !named.contains(where: { $0.name == base }) {
            let names = named.map(\.name)
            let hint = Spelling.nearest(to: base, among: names).map { "; did you mean \($0)?" } ?? ""
            throw ComparisonError(
                description: "no side is called \(base); there are \(names.joined(separator: ", "))\(hint)"
            )
        }
        guard let result = ComparisonResult(named, base: base, seed: runs[0].seed) else {
            throw ComparisonError(description: "nothing to compare")
        }
        self = result
        if rows.isEmpty {
            let loops = named.map(\.facts.loops)
            let differ = loops.dropFirst().contains { $0.isDisjoint(with: loops[0]) }
            throw ComparisonError(
                description:
                    "no phase was run on both sides at the same concurrency, so nothing in them can be compared"
                    + (differ
                        ? ": one waited for answers before it asked again (closed loop), the other did not (open loop)"
                        : "")
            )
        }
    }

    private static func byTarget(_ sides: [(run: RunDigest, side: ComparedSide)]) -> [ComparedSide] {
        var grouped: [(side: ComparedSide, labels: Set<String?>)] = []
        for (run, side) in sides {
            if let place = grouped.firstIndex(where: { $0.side.name == side.name && $0.side.model == side.model }) {
                grouped[place].side.add(side)
                grouped[place].labels.insert(run.label)
            } else {
                grouped.append((side, [run.label]))
            }
        }
        // What a user called them, where that tells them apart.
        let labels = grouped.compactMap { $0.labels.count == 1 ? $0.labels.first ?? nil : nil }
        if labels.count == grouped.count, Set(labels).count == labels.count {
            for (place, label) in labels.enumerated() { grouped[place].side.name = label }
        }
        // One name and two models: the model tells them apart.
        let names = grouped.map(\.side.name)
        for place in grouped.indices where names.count(where: { $0 == names[place] }) > 1 {
            grouped[place].side.name += " \(grouped[place].side.model ?? "\(place + 1)")"
        }
        return grouped.map(\.side)
    }

    /// By label, else by folder; where two have one label the folder is said too.
    private static func byRun(_ sides: [(run: RunDigest, side: ComparedSide)]) -> [ComparedSide] {
        func name(_ run: RunDigest, _ side: ComparedSide, withFolder: Bool) -> String {
            let own = run.label.map { withFolder ? "\($0) (\(run.name))" : $0 } ?? run.name
            return run.targets.count > 1 ? "\(own)/\(side.name)" : own
        }
        let plain = sides.map { name($0.run, $0.side, withFolder: false) }
        var taken: Set<String> = []
        return zip(sides, plain).map { pair, short in
            var side = pair.side
            let isTwin = plain.count { $0 == short } > 1
            let own = isTwin ? name(pair.run, side, withFolder: true) : short
            side.name = own
            var number = 2
            while !taken.insert(side.name).inserted {
                side.name = "\(own) (\(number))"
                number += 1
            }
            return side
        }
    }
}
