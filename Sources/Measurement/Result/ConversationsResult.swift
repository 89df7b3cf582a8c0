/// What became of the conversations of a phase; one that was begun is in exactly one of the others.
public struct ConversationsResult: Sendable, Hashable {
    public var begun = 0
    public var finished = 0  // the last question was answered
    public var broken = 0  // an answer failed, or had no text to go on from
    public var left = 0  // the phase, or its user's place, ended before the next question

    public init() {}

    init?(of phase: PhaseRecord, _ timeline: TargetTimeline) {
        var last: [Int: RequestRecord] = [:]  // of each conversation
        for request in timeline.counted(in: phase).only({ $0.conversation != nil }) {
            guard let conversation = request.conversation, let turn = request.turn else { continue }
            if let other = last[conversation], (other.turn ?? 0, other.attempt) > (turn, request.attempt) { continue }
            last[conversation] = request
        }
        guard !last.isEmpty else { return nil }
        begun = last.count
        for request in last.values {
            if request.outcomeClass == .excluded || request.think != nil {
                left += 1
            } else if request.outcomeClass == .success, request.visibleBytes > 0 {
                finished += 1
            } else {
                broken += 1
            }
        }
    }
}

/// The requests of one step that were the same turn of their conversations.
public struct TurnResult: Sendable, Hashable {
    public var turn = 1  // from 1
    public var requests = 0  // measured
    public var ttftMilliseconds: DistributionSummary?  // as the phase counts it
    public var inputTokensPerRequest: DistributionSummary?
    /// Of the input tokens of those answers that tell it, the share that the server had in its cache.
    public var cachedShare: Double?

    public init() {}

    /// By turn, the first first; none where requests stood alone.
    static func all(of measured: RequestSet, _ scope: StatisticsScope) -> [TurnResult] {
        let byTurn = measured.only { $0.turn != nil }.grouped { $0.turn ?? 0 }
        return byTurn.sorted { $0.key < $1.key }.map { turn, requests in
            var result = TurnResult()
            result.turn = turn + 1
            result.requests = requests.count
            let answered = requests.successes
            result.ttftMilliseconds = DistributionSummary(samples: answered.figures(scope.ttft))
            result.inputTokensPerRequest = DistributionSummary(
                samples: answered.figures { $0.inputTokens.map(Double.init) }
            )
            let told = answered.only { $0.cachedInputTokens != nil && ($0.inputTokens ?? 0) > 0 }
            let input = told.reduce(0.0) { $0 + Double($1.inputTokens ?? 0) }
            if input > 0 { result.cachedShare = told.reduce(0.0) { $0 + Double($1.cachedInputTokens ?? 0) } / input }
            return result
        }
    }
}

extension TargetTimeline {
    /// Mean number of users between an answer and their next question, over some windows; a user who never asked again
    /// thought until the step was over. nil where nobody thinks.
    func meanThinking(in windows: [MeasuredWindow]) -> Double? {
        guard requests.contains(where: { $0.think != nil }) else { return nil }
        struct Turn: Hashable {
            var conversation: Int
            var turn: Int
        }
        var asked: Set<Turn> = []
        for request in requests {
            if let conversation = request.conversation, let turn = request.turn {
                asked.insert(Turn(conversation: conversation, turn: turn))
            }
        }
        var area = 0.0
        for request in requests {
            guard let think = request.think, let conversation = request.conversation, let turn = request.turn,
                let ended = request.instant(request.ended)
            else { continue }
            var until = ended.saturatingAdd(think)
            if !asked.contains(Turn(conversation: conversation, turn: turn + 1)) {
                until = Swift.min(until, index.step(of: request)?.drained ?? until)
            }
            area += windows.reduce(0.0) { $0 + Double($1.overlap(from: ended, to: Swift.max(ended, until))) }
        }
        let nanoseconds = windows.reduce(0) { $0 + $1.nanoseconds }
        return nanoseconds > 0 ? area / Double(nanoseconds) : nil
    }
}
