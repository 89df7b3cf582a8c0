/// How much of a target's input its prefix cache could serve by the plan, and how much it did by the server's word.
///
/// Both shares are over the tokens of the same requests: the successes that told what was cached, or where none did all that
/// told their input. A request that is sent once more (a retry) is in neither: its repetition is no plan.
public struct PrefixCacheResult: Sendable, Hashable {
    public var requests = 0
    /// Successes that told their input and nothing of a cache.
    public var untold = 0
    public var inputTokens = 0.0
    /// Of them, what requests sent before them to the target had begun with, too.
    public var plannedTokens = 0.0
    /// Of these, where one of those before had had its first token (or its end) when they were sent, and without what the server
    /// itself wrote last: a server that forgets nothing has read them.
    public var readyTokens = 0.0
    /// nil = no answer told any.
    public var toldTokens: Double?
    /// Hits by the look-ups of its server's own metrics, over the run.
    public var serverShare: Double?

    public init() {}

    public var plannedShare: Double? { inputTokens > 0 ? plannedTokens / inputTokens : nil }
    public var readyShare: Double? { inputTokens > 0 ? readyTokens / inputTokens : nil }
    public var toldShare: Double? { inputTokens > 0 ? toldTokens.map { $0 / inputTokens } : nil }

    /// nil where no success told its input.
    init?(of timeline: TargetTimeline, server: ServerResult?) {
        var (told, untold) = (PrefixCacheResult(), PrefixCacheResult())
        var sent = SentPrompts()
        timeline.requests.forEach { request in
            guard request.attempt == 0, let dispatched = request.dispatched else { return }
            let repeated = sent.repeated(by: request, at: dispatched)
            sent.note(request)
            guard request.outcomeClass == .success, let input = request.inputTokens, input > 0,
                !timeline.index.isWarmup(request)
            else { return }
            if let cached = request.cachedInputTokens {
                told.add(input, repeated)
                told.toldTokens = (told.toldTokens ?? 0) + Double(min(max(0, cached), input))
            } else {
                untold.add(input, repeated)
            }
        }
        let isTold = told.requests > 0
        self = isTold ? told : untold
        if requests == 0 { return nil }
        self.untold = isTold ? untold.requests : 0
        serverShare = server?.prefixHitRate
    }

    private mutating func add(_ input: Int64, _ repeated: (planned: Double, ready: Double)) {
        requests += 1
        inputTokens += Double(input)
        plannedTokens += repeated.planned
        readyTokens += repeated.ready
    }

    /// Of two machines' parts of a run.
    func joined(with other: PrefixCacheResult?) -> PrefixCacheResult {
        guard let other else { return self }
        // One that was told nothing has nothing to hold against what was told.
        guard (toldTokens == nil) == (other.toldTokens == nil) else {
            var told = toldTokens == nil ? other : self
            told.untold += toldTokens == nil ? requests : other.requests
            return told
        }
        var joined = self
        joined.requests += other.requests
        joined.untold += other.untold
        joined.inputTokens += other.inputTokens
        joined.plannedTokens += other.plannedTokens
        joined.readyTokens += other.readyTokens
        joined.toldTokens = toldTokens.flatMap { own in other.toldTokens.map { own + $0 } }
        return joined
    }
}

/// What was sent to a target so far, of prompts that others repeat.
private struct SentPrompts {
    private var prompts: [Int: Int64] = [:]  // by number: when one had been read, since t0
    private var prefixes: [Int: (tokens: Double, read: Int64)] = [:]  // the longest piece, likewise
    private var questions: [Int: (turn: Int, tokens: Double)] = [:]  // by conversation: the prompt of its last one

    /// Input tokens that requests before it began with, too: of all of them, and of those that had been read by then.
    func repeated(by request: RequestRecord, at dispatched: Int64) -> (planned: Double, ready: Double) {
        guard let input = request.inputTokens.map({ Double(max(0, $0)) }) else { return (0, 0) }
        var repeated = (planned: 0.0, ready: 0.0)
        func count(_ tokens: Double, _ isRead: Bool) {
            repeated.planned = max(repeated.planned, tokens)
            if isRead { repeated.ready = max(repeated.ready, tokens) }
        }
        if let prompt = request.prompt, let read = prompts[prompt] { count(input, read <= dispatched) }
        guard let share = request.repeatedShare else { return repeated }
        if let prefix = request.prefix {
            if let before = prefixes[prefix] { count(min(share * input, before.tokens), before.read <= dispatched) }
        } else {
            count(min(1, max(0, share)) * input, request.turn ?? 0 == 0)
            // What the server wrote last it has not read yet: some keep it, some do not.
            if let turn = request.turn, let conversation = request.conversation,
                let before = questions[conversation], before.turn == turn - 1
            {
                count(min(before.tokens, repeated.planned), true)
            }
        }
        return repeated
    }

    /// It was sent, and read if anything came back.
    mutating func note(_ request: RequestRecord) {
        guard request.prompt != nil || request.prefix != nil || request.conversation != nil,
            let read = request.instant(request.firstToken ?? (request.outcomeClass == .success ? request.ended : nil))
        else { return }
        if let conversation = request.conversation, let turn = request.turn {
            questions[conversation] = (turn, Double(max(0, request.inputTokens ?? 0)))
        }
        if let prompt = request.prompt { prompts[prompt] = min(prompts[prompt] ?? .max, read) }
        guard let prefix = request.prefix, let share = request.repeatedShare, let input = request.inputTokens else {
            return
        }
        let before = prefixes[prefix]
        prefixes[prefix] = (
            max(before?.tokens ?? 0, min(1, max(0, share)) * Double(max(0, input))), min(before?.read ?? .max, read)
        )
    }
}
