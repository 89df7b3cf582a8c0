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
    public init(of runs: [StoredRun], by grouping: ComparisonGrouping, base: String?) throws(ComparisonError) {
        var sides: [(run: StoredRun, side: ComparedSide)] = []
        for run in runs {
            let index = RunIndex(run.recorded)
            let health = GeneratorHealth(run.recorded)
            for target in run.recorded.targets {
                let timeline = TargetTimeline(index, target)
                let side = ComparedSide(timeline, TargetResult(of: timeline, health))
                if !side.windows.isEmpty { sides.append((run, side)) }
            }
        }
        var named = grouping == .window ? Self.byTarget(sides.map(\.side)) : []
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
        guard let result = ComparisonResult(named, base: base, seed: runs[0].recorded.run.seed) else {
            throw ComparisonError(description: "there is nothing to compare")
        }
        self = result
        if rows.isEmpty {
            let loops = named.map(\.facts.loops)
            let differ = loops.dropFirst().contains { $0.isDisjoint(with: loops[0]) }
            throw ComparisonError(
                description: "the runs have no phase in common at one concurrency, so nothing in them can be compared"
                    + (differ
                        ? ": one waited for answers before it asked again (closed loop), the other did not (open loop)"
                        : "")
            )
        }
    }

    private static func byTarget(_ sides: [ComparedSide]) -> [ComparedSide] {
        var grouped: [ComparedSide] = []
        for side in sides {
            if let place = grouped.firstIndex(where: { $0.name == side.name && $0.model == side.model }) {
                grouped[place].add(side)
            } else {
                grouped.append(side)
            }
        }
        // One name and two models: the model tells them apart.
        let names = grouped.map(\.name)
        for place in grouped.indices where names.count(where: { $0 == names[place] }) > 1 {
            grouped[place].name += " \(grouped[place].model ?? "\(place + 1)")"
        }
        return grouped
    }

    private static func byRun(_ sides: [(run: StoredRun, side: ComparedSide)]) -> [ComparedSide] {
        var named: [ComparedSide] = []
        for (run, side) in sides {
            var side = side
            let own = run.recorded.run.label ?? run.name
            side.name = run.recorded.targets.count > 1 ? "\(own)/\(side.name)" : own
            let taken = Set(named.map(\.name))
            let plain = side.name
            var number = 2
            while taken.contains(side.name) {
                side.name = "\(plain) (\(number))"
                number += 1
            }
            named.append(side)
        }
        return named
    }
}
