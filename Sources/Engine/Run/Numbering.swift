internal import Measurement
internal import Schedule

/// Which numbers are whose: rows, requests and prompts of a load, of the probes beside it and of its continuations share none.
public enum Numbering {
    /// Requests of an interrupted run that may have been sent and not been stored: a continuation leaves so many numbers out.
    public static let resumptionGap: Int64 = 100_000

    /// Runs of probes that may have begun in the last second before a kill, so that nothing of them is stored: a continuation
    /// leaves so many numbers out.
    static let probeRunsLost = 50

    /// A turn of a target has far fewer requests than this; prime, so that lists of prompts are not begun at the same place.
    static let promptsPerTurn: Int64 = 1_000_003

    /// Requests of a load stay below it.
    static let firstProbe: Int64 = 1 << 40
    /// Rows of phases and of steps of a load stay below it.
    static let firstProbeRow = 1_000_000
    /// Runs of probes that one run of a load can have.
    static let probeRuns = 10_000
    /// Loops that one run's probes can have, beside those of all loads.
    static let probeLoops = 1000

    /// The numbers of one run of probes.
    struct Probes: Sendable, Hashable {
        var phase: Int
        var step: Int  // of its first step; it has two
        var sequence: Int64  // of its first request
        var loop: Int
    }

    /// The greatest number of a load's requests; nil where there is none. Those of the probes beside it are far above.
    static func lastOfLoads(_ requests: [RequestRecord]) -> Int64? {
        requests.lazy.map(\.sequence).filter { $0 < firstProbe }.max()
    }

    /// The first number of a continuation's requests.
    static func behind(_ last: Int64?) -> Int64 { ((last ?? -1) / resumptionGap + 1) * resumptionGap }

    /// Whether a run, or a continuation of one, began its loop with it.
    static func isFirst(_ sequence: Int64, of loop: Int) -> Bool { sequence % resumptionGap == Int64(loop) }

    /// How many runs of probes a load has had, by the ids of all steps; the most of loads that went on at the same time.
    static func probeRuns(in steps: [Int]) -> Int {
        (steps.filter { $0 >= firstProbeRow }.map { ($0 - firstProbeRow) / 2 % probeRuns }.max() ?? -1) + 1
    }

    /// - Parameters:
    ///   - number: of the runs of probes that this load has had, from 0
    ///   - phase: that they go beside
    ///   - place: of the load among the runs that go on at the same time
    ///   - loops: of each of those
    static func probes(_ number: Int, beside phase: Int, of place: Run.Place, loops: Int) -> Probes {
        let ordinal = probeRuns * place.firstLoop + number
        return Probes(
            phase: firstProbeRow + phase,
            step: firstProbeRow + 2 * ordinal,
            sequence: firstProbe * Int64(ordinal + 1),
            loop: loops * place.runs + probeLoops * place.firstLoop + number
        )
    }
}

/// The next numbers of one loop, which takes every n-th of all loops of all shards, so that loops need not ask each other.
struct LoopNumbers: Sendable {
    private var sequence: Int64
    private var prompt: Int64 = 0  // where prompts are counted by turn
    private var conversation: Int
    private let place: Int64  // of this loop among its run's, on all shards
    private let loops: Int64  // the same
    private let loopsOfAllRuns: Int64  // the same
    private let countsPromptsByTurn: Bool

    init(loop: Int, of run: RunContext) {
        sequence = run.program.continuation.sequence + Int64(run.shard.number(loop))
        conversation = Int(sequence)
        place = Int64(run.shard.number(loop - run.firstLoop))
        loops = Int64(run.shard.count * run.loops)
        loopsOfAllRuns = Int64(run.shard.count * run.loopsOfAllRuns)
        countsPromptsByTurn = run.program.countsPromptsByTurn
    }

    /// A turn begins whose first prompt has that index.
    mutating func beginTurn(at first: Int64) {
        prompt = first + place
        conversation = Int(prompt)
    }

    mutating func errand(to target: Int) -> Errand {
        defer {
            sequence += loopsOfAllRuns
            prompt += loops
        }
        return Errand(target: target, sequence: sequence, prompt: countsPromptsByTurn ? prompt : sequence)
    }

    /// - Parameter make: makes the conversation of a number; nil where requests stand alone.
    mutating func conversation(_ make: (Int) -> Conversation?) -> Conversation? {
        guard let made = make(conversation) else { return nil }
        conversation += Int(countsPromptsByTurn ? loops : loopsOfAllRuns)
        return made
    }
}
