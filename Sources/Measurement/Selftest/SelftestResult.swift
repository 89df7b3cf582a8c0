import Ticks

/// What `spate selftest` found out about this machine: its own error at several levels, and how far it can be trusted.
public struct SelftestResult: Sendable, Hashable, Codable {
    public static let schema = "spate.selftest/1"

    public var schema = Self.schema
    public var toolVersion = ""
    public var madeAtUnixSeconds: Int64 = 0
    public var loops = 1
    public var levels: [SelftestLevel] = []  // ascending by streams

    public init() {}

    /// From a run whose steady phases are the levels, on a server that kept a journal.
    /// - Parameter truth: by `RequestRecord.sequence`.
    public init(of recorded: RecordedRun, truth: [Int64: TruthEntry]) {
        toolVersion = recorded.run.toolVersion
        madeAtUnixSeconds = recorded.run.startedAtUnixNanoseconds / 1_000_000_000
        loops = recorded.run.loops
        let results = RunResult(of: recorded).targets.flatMap(\.phases)
        for phase in recorded.phases where phase.kind == .steady {
            let steps = Set(recorded.steps.filter { $0.phase == phase.id }.map(\.id))
            let streams = recorded.steps.filter { $0.phase == phase.id }.map(\.concurrency).max() ?? 0
            guard let result = results.first(where: { $0.name == phase.name }) else { continue }
            let requests = recorded.requests.filter { steps.contains($0.step) }
            levels.append(SelftestLevel(of: result, streams: streams, requests: requests, truth: truth))
        }
        levels.sort { $0.streams < $1.streams }
    }

    /// The highest trusted level below which no level failed; nil when the lowest did.
    public var ceiling: SelftestLevel? { levels.prefix { $0.isTrusted }.last }

    /// The first level that could not be trusted.
    public var firstUntrusted: SelftestLevel? { levels.first { !$0.isTrusted } }

    /// Takes a level that was measured again in the place of the first try.
    public mutating func replace(with level: SelftestLevel) {
        guard let place = levels.firstIndex(where: { $0.streams == level.streams }) else { return }
        levels[place] = level
    }
}
