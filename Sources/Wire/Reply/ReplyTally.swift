/// Where an API's grammar puts what it read: counts, and text if it is to be kept.
struct ReplyTally {
    enum Kind { case visible, reasoning, refusal }

    /// An input count that Anthropic gives in three parts; the last value given of each counts, but a 0 takes back
    /// nothing.
    struct InputParts {
        var fresh: Int64?
        var written: Int64?  // to the cache
        var cached: Int64?
    }

    static let mostChoices = 128  // that are told apart; text of more is counted all the same
    static let mostToolCalls = 128

    // What each token touches comes first, with the beginning of `facts`.
    var digest = ReadDigest()  // of the current read
    var hasDelta = false  // a chat chunk with `delta` came
    private var hasToken = false  // in the current event
    private var hasFinish = false  // a finish reason or an end came in the current event
    private var ending = Ending.open
    private var latestChoice: Int64 = -1  // that was noted
    var text: ReplyText?  // nil = not kept
    let servedBy: JSONPointer?
    var facts = ReplyFacts()
    var inputParts = InputParts()
    var words: WordPool  // outlives the reply
    private var lateError: ServerError?  // came behind a bare finish reason, which text may still take back

    /// How far the events before the current one brought the reply to its end.
    private enum Ending {
        case open
        case partial  // some choice has a finish reason
        case finished  // each choice has one
        case sealed  // the API's own last word has come: only usage counts
    }

    init(keepsText: Bool, servedBy: JSONPointer?, words: WordPool = WordPool()) {
        text = keepsText ? ReplyText() : nil
        self.servedBy = servedBy
        self.words = words
    }

    /// A non-empty text.
    mutating func add(_ kind: Kind, _ text: UnsafeRawBufferPointer?, choice: Int64) {
        guard let text, !text.isEmpty, ending == .open || admitsText(of: choice) else { return }
        hasToken = true
        switch kind {
        case .visible:
            noteVisible()
            digest.visibleBytes += text.count
            for byte in text { facts.answerHash = (facts.answerHash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        case .refusal:
            noteVisible()
            digest.refusalBytes += text.count
        case .reasoning:
            if facts.reasoningBytes == 0, digest.reasoningBytes == 0 { digest.isFirstReasoning = true }
            digest.reasoningBytes += text.count
        }
        if self.text != nil, let choice = Self.tracked(choice) { self.text?.add(kind, text, choice: choice) }
    }

    /// A part of a tool call; each of `id`, `name` and `arguments` is absent or not empty.
    mutating func addToolCall(
        _ index: Int64,
        id: UnsafeRawBufferPointer?,
        name: UnsafeRawBufferPointer?,
        arguments: UnsafeRawBufferPointer?,
        choice: Int64
    ) {
        if ending == .sealed { return }
        if let arguments, !arguments.isEmpty, ending == .open || admitsText(of: choice) {
            hasToken = true
            digest.toolBytes += arguments.count
        }
        guard index >= 0, index < Self.mostToolCalls, let choice = Self.tracked(choice) else { return }
        if let place = place(of: choice) {
            facts.choices[place].toolCalls = max(facts.choices[place].toolCalls, Int(index) + 1)
        }
        if text != nil { text?.addToolCall(Int(index), id: id, name: name, arguments: arguments, choice: choice) }
    }

    /// A vector that is not empty.
    mutating func addVector(dimensions: Int?) {
        if ending == .sealed { return }
        digest.vectors += 1
        facts.dimensions = facts.dimensions ?? dimensions
    }

    /// A choice appeared; `finish` is its finish reason, if any. An empty one is none. Of one event the text comes first.
    mutating func note(choice: Int64, finish: UnsafeRawBufferPointer?) {
        let hasFinish = finish.map { !$0.isEmpty } ?? false
        if choice == latestChoice, !hasFinish { return }  // as at nearly every token; the list is cold by then
        guard ending != .sealed, let tracked = Self.tracked(choice), let place = place(of: tracked) else { return }
        latestChoice = choice
        if let finish, hasFinish {
            facts.choices[place].finish = String(decoding: finish.prefix(64), as: UTF8.self)
            self.hasFinish = true
        }
    }

    /// A usage object. Counts are cumulative: the last one given wins, but a 0 takes back nothing.
    mutating func count(_ usage: Usage) {
        func take(_ new: Int64?, _ old: inout Int64?) {
            if let new, new > 0 || old == nil { old = new }
        }
        take(usage.input, &facts.usage.input)
        take(usage.output, &facts.usage.output)
        take(usage.total, &facts.usage.total)
        if usage.input == 0, usage.output == 0 { return }  // a form not filled in; its details say nothing either
        take(usage.cachedInput, &facts.usage.cachedInput)
        take(usage.written, &facts.usage.written)
        take(usage.writtenForHour, &facts.usage.writtenForHour)
        take(usage.reasoning, &facts.usage.reasoning)
    }

    /// The API's own sign that the reply is over: its last event, or the last object.
    mutating func end() {
        facts.hasDoneMarker = true
        hasFinish = true
    }

    /// `[DONE]`, which is no event.
    mutating func close() {
        end()
        ending = .sealed
    }

    var isSealed: Bool { ending == .sealed }

    /// The first error counts, unless the reply was over in an earlier event.
    mutating func fail(_ error: ServerError) {
        guard ending == .finished || ending == .sealed else { return facts.error = facts.error ?? error }
        if facts.error != nil { return }
        lateError = lateError ?? error
        note(.errorAfterEnd)
    }

    mutating func note(_ note: ReplyFacts.Note) {
        if !facts.notes.contains(note) { facts.notes.append(note) }
    }

    /// Closes an event that carried a payload.
    mutating func endEvent() {
        if ending == .sealed { return digest.lateEvents += 1 }
        digest.events += 1
        if hasToken { digest.tokenEvents += 1 }
        hasToken = false
        if hasFinish || ending != .open { settleEnding() }
    }

    private mutating func settleEnding() {
        let finished = facts.choices.count - facts.unfinishedChoices
        ending =
            facts.hasDoneMarker
            ? .sealed : finished == 0 ? .open : finished < facts.choices.count ? .partial : .finished
        hasFinish = false
    }

    /// Text of a choice whose finish reason came in an earlier event takes it back; none comes behind the end itself.
    private mutating func admitsText(of choice: Int64) -> Bool {
        if ending == .sealed { return false }
        guard let tracked = Self.tracked(choice), let place = facts.choices.firstIndex(where: { $0.index == tracked }),
            facts.choices[place].finish != nil
        else { return true }
        facts.choices[place].finish = nil
        note(.textAfterFinish)
        if let error = lateError {
            lateError = nil
            facts.notes.removeAll { $0 == .errorAfterEnd }
            facts.error = error
        }
        return true
    }

    private var mayBeOver: Bool {
        if ending != .open || facts.hasDoneMarker { return true }
        if case .some = facts.error { return true }  // compared with nil it would be copied, at each read
        return false
    }

    /// Closes a read and gives what it brought.
    mutating func endRead() -> ReadDigest {
        var result = digest
        if mayBeOver { result.terminalSign = facts.terminalSign }
        digest = ReadDigest()
        facts.events += result.events
        facts.tokenEvents += result.tokenEvents
        facts.visibleBytes += Int64(result.visibleBytes)
        facts.reasoningBytes += Int64(result.reasoningBytes)
        facts.toolBytes += Int64(result.toolBytes)
        facts.refusalBytes += Int64(result.refusalBytes)
        facts.vectors += result.vectors
        return result
    }

    /// The facts as they stand. A count of 0 beside text that was seen means that the server did not count.
    var settled: ReplyFacts {
        var result = facts
        if result.textBytes > 0 {
            if result.usage.input == 0 { result.usage.input = nil }
            if result.usage.output == 0 { result.usage.output = nil }
            if result.usage.total == 0 { result.usage.total = nil }
        }
        if result.reasoningBytes > 0, result.usage.reasoning == 0 { result.usage.reasoning = nil }
        if result.textBytes > 0 { result.excerpt = nil }
        return result
    }

    private mutating func noteVisible() {
        if facts.visibleBytes == 0, facts.refusalBytes == 0, digest.visibleBytes == 0, digest.refusalBytes == 0 {
            digest.isFirstVisible = true
        }
    }

    private static func tracked(_ choice: Int64) -> Int? {
        choice >= 0 && choice < mostChoices ? Int(choice) : nil
    }

    /// The place of a choice among the facts, made when it is new.
    private mutating func place(of choice: Int) -> Int? {
        if let first = facts.choices.first, first.index == choice { return 0 }
        if let place = facts.choices.firstIndex(where: { $0.index == choice }) { return place }
        facts.choices.append(ReplyFacts.Choice(index: choice))
        return facts.choices.count - 1
    }
}
