internal import Measurement
internal import Ticks

/// Gives up a target that brings nothing any more, so that a run does not hammer it or bill for nothing; and tells when a
/// target was out, so that a run outlives a restart.
///
/// It opens when 50 attempts have failed with no success and no token of any stream between, the first of them `after` or
/// more ago, and no request sent before that first failure is still open; or after 200 without a success, tokens or not.
/// Throttled and excluded attempts count as neither: a provider that sheds load is being measured. Refusals of the key,
/// the purse or the model open it at once after 20 in a row, an unknown model or an empty purse before the first success.
struct Breaker: Sendable {
    /// What the server says will not change by asking again, and its words.
    enum Refusal: Sendable, Hashable {
        case authorisation(String)
        case purse(String)
        case model(String)

        var words: String {
            switch self {
            case .authorisation(let words), .purse(let words), .model(let words): words
            }
        }
    }

    /// An attempt that is over.
    struct Attempt: Sendable {
        var outcome: Outcome.Class
        var sent: Instant
        /// When its first and last token came.
        var firstToken: Instant?
        var lastToken: Instant?
        var lastOfAll: Instant?  // of any stream, as far as is known where it ended
        var refusal: Refusal?
        /// Its connection never came about.
        var neverConnected = false
        /// It failed by an answer, a refusal of the request for one: the target was there.
        var isAnswered = false
    }

    /// What one loop has under way.
    struct Report: Sendable, Hashable {
        /// When the oldest request was sent that is still open; nil = none is.
        var oldestOpen: Instant?
        var lastToken: Instant?
    }

    /// A stretch in which nobody answered, or a server that could not. One that refuses each request is not out.
    struct Outage: Sendable, Hashable {
        var start: Instant  // the first failure's sending, or the last token before it had failed
        var end: Instant?  // the first token or success behind it; nil = it goes on
        var attempts: Int
    }

    /// Failures in a row.
    private struct Spell: Sendable {
        var start: Instant  // when the first was sent, or the last token came before it failed
        var began: Instant  // when it had failed
        var paused: Int64  // planned pauses up to then
        var attempts = 0
        var unconnected = 0
    }

    static let mostSilent = 50
    static let mostUseless = 200
    static let mostRefusals = 20
    static let shortestOutage: Int64 = 1_000_000_000

    private let after: Int64?  // nil = it never opens by time
    private let loops: Int
    private var silent: Spell?  // without a token
    private var useless: Spell?  // without a success
    private var absent: Spell?  // without a token or an answer
    private var refusals = 0
    private var hasSucceeded = false
    private var lastToken: Instant?  // or the end of an answer without one
    private var paused: Int64 = 0
    private var left: Instant?  // since when nothing is asked of it
    private var stood: Instant?  // until when a loop that did not run has said so
    private var reports: [Int: Report] = [:]
    /// Why it opened; nil while it is closed.
    private(set) var reason: String?

    /// - Parameter after: how long a target may bring nothing; nil = as long as it likes.
    init(after: Duration?, loops: Int = 1) {
        self.after = after?.nanoseconds
        self.loops = loops
    }

    /// Whether loops must report what they have under way.
    var isWatching: Bool { silent != nil || useless != nil || absent != nil }

    /// Nothing was to be sent for so long, by plan.
    mutating func pause(_ nanoseconds: Int64) { paused += max(0, nanoseconds) }

    /// Nothing is asked of the target until `enter`: somebody has paused the run, or other targets have their turns.
    mutating func leave(at instant: Instant) { left = left ?? instant }

    mutating func enter(at instant: Instant) {
        if let left { pause(instant.nanoseconds(since: left)) }
        left = nil
    }

    /// A loop did not run; what others say of the same time counts once.
    mutating func stoodStill(_ standstill: Range<Instant>) {
        let from = max(standstill.lowerBound, stood ?? standstill.lowerBound)
        pause(standstill.upperBound.nanoseconds(since: from))
        stood = max(standstill.upperBound, from)
    }

    /// An attempt has ended. Returns the outage that it ended, if one was. Time is judged by `tell` alone: an end may be the
    /// first that a loop hears of behind a standstill, which it knows of when it beats.
    mutating func note(_ attempt: Attempt, at now: Instant) -> Outage? {
        note(attempt.refusal, attempt.outcome)
        switch attempt.outcome {
        case .excluded, .throttled: return tokens(of: attempt)
        case .success:
            hasSucceeded = true
            useless = nil
            let (began, ended) = (tokens(of: attempt), token(at: now))
            endSilence()
            return began ?? ended ?? endAbsence(at: now)
        case .failed:
            let ended = tokens(of: attempt)
            add(attempt, to: &useless, at: now)
            // Of one that had begun to answer, what fails is the rest.
            if attempt.lastToken == nil { add(attempt, to: &silent, at: now) }
            if attempt.isAnswered { return ended ?? endAbsence(at: now) }
            if attempt.lastToken == nil { add(attempt, to: &absent, at: now) }
            return ended
        }
    }

    /// What a loop has under way; returns the outage that a token ended.
    mutating func tell(loop: Int, _ report: Report, at now: Instant) -> Outage? {
        reports[loop] = report
        let ended = report.lastToken.flatMap { token(at: $0) }
        judge(at: now)
        return ended
    }

    /// The run is over: the outage that still goes on.
    mutating func finish(at now: Instant) -> Outage? {
        defer { absent = nil }
        guard let spell = absent, isOutage(spell, until: now) else { return nil }
        return Outage(start: spell.start, end: nil, attempts: spell.attempts)
    }

    private mutating func note(_ refusal: Refusal?, _ outcome: Outcome.Class) {
        if outcome == .excluded { return }
        guard let refusal else { return refusals = 0 }
        refusals += 1
        let isFirstLook: Bool =
            switch refusal {
            case .authorisation: false
            case .purse, .model: !hasSucceeded
            }
        if isFirstLook { reason = reason ?? refusal.words }
        if refusals >= Self.mostRefusals {
            reason = reason ?? "\(refusals) requests in a row were refused: \(refusal.words)"
        }
    }

    private func add(_ attempt: Attempt, to spell: inout Spell?, at now: Instant) {
        let start = max(attempt.sent, lastToken ?? attempt.sent)
        var grown = spell ?? Spell(start: start, began: now, paused: paused)
        grown.attempts += 1
        if attempt.neverConnected { grown.unconnected += 1 }
        spell = grown
    }

    private mutating func tokens(of attempt: Attempt) -> Outage? {
        let ended = attempt.firstToken.flatMap { token(at: $0) }
        let last = attempt.lastToken.flatMap { token(at: $0) }
        let other = attempt.lastOfAll.flatMap { token(at: $0) }
        return ended ?? last ?? other
    }

    /// A token that came after the silence began ends it. One that came while the first failure was still under way shows that
    /// the target was there until then.
    private mutating func token(at instant: Instant) -> Outage? {
        if let silent, instant > silent.began { endSilence() }
        return sign(at: instant)
    }

    /// The target answered somebody, a probe beside this load for one: it is there, though it may bring this load nothing.
    mutating func sign(at instant: Instant) -> Outage? {
        lastToken = max(lastToken ?? instant, instant)
        guard let absent else { return nil }
        if instant > absent.began { return endAbsence(at: instant) }
        self.absent?.start = max(absent.start, instant)
        return nil
    }

    private mutating func endSilence() {
        silent = nil
        reports.removeAll(keepingCapacity: true)
    }

    private mutating func endAbsence(at instant: Instant) -> Outage? {
        defer { absent = nil }
        guard let spell = absent, isOutage(spell, until: instant) else { return nil }
        return Outage(start: spell.start, end: instant, attempts: spell.attempts)
    }

    /// A second in which nobody could connect, or in which one failure followed the other; a failure or two between tokens
    /// are no outage.
    private func isOutage(_ spell: Spell, until end: Instant) -> Bool {
        guard end.nanoseconds(since: spell.start) >= Self.shortestOutage else { return false }
        return spell.unconnected >= 2 || spell.attempts >= 10
    }

    private mutating func judge(at now: Instant) {
        guard reason == nil, let after else { return }
        if let silent, silent.attempts >= Self.mostSilent, age(silent, now) >= after,
            nothingIsOpen(before: silent.began)
        {
            reason = words(silent, now, "without a success or a token")
        } else if let useless, useless.attempts >= Self.mostUseless, age(useless, now) >= after {
            reason = words(useless, now, "without a success")
        }
    }

    private func age(_ spell: Spell, _ now: Instant) -> Int64 {
        min(now, left ?? now).nanoseconds(since: spell.began) - (paused - spell.paused)
    }

    /// Each loop must have said so since the failures began.
    private func nothingIsOpen(before instant: Instant) -> Bool {
        reports.count >= loops && reports.values.allSatisfy { $0.oldestOpen.map { $0 >= instant } ?? true }
    }

    private func words(_ spell: Spell, _ now: Instant, _ lack: String) -> String {
        let seconds = Double(age(spell, now) / 100_000_000) / 10
        return "\(spell.attempts) requests failed in \(seconds) s \(lack)"
    }
}

extension Outcome {
    /// A failure by which a server shows that it is there: it refused the request, or its answer is of no use.
    var isAnswer: Bool {
        switch self {
        case .auth, .http4xx, .refusal, .filtered, .empty, .reasoningOnly: true
        default: false
        }
    }
}
