internal import Measurement
internal import Schedule
internal import Ticks
internal import Transport
internal import Wire

/// Makes the requests of one loop: gives each its number, and its prompt or the next question of a conversation; makes some
/// before they are due.
final class RequestSource {
    private unowned let driver: LoopDriver
    private let run: RunContext
    private var numbers: LoopNumbers
    private var thinking = DueQueue<Conversation>()  // whose users will ask again
    private var edge: [LiveRequest] = []  // made for the edge that follows, the first one last

    /// - Parameter driver: to which its requests say how they fare
    init(_ run: RunContext, for driver: LoopDriver) {
        self.driver = driver
        self.run = run
        numbers = LoopNumbers(loop: driver.loopIndex, of: run)
    }

    // MARK: stages

    /// Another phase begins: no user of the last one asks again.
    func forgetUsers() { thinking.removeAll() }

    /// A turn of its target begins, whose first prompt has that index.
    func beginTurn(at first: Int64) { numbers.beginTurn(at: first) }

    /// When the users who think will ask again, ascending.
    var thinkingUntil: [Instant] { thinking.dues }

    /// Only so many of them have a place in the stage that begins.
    func keepThinking(_ count: Int) { thinking.keep(count) }

    /// As many requests as the edge after this stage will want, ready to be let go.
    /// - Parameter next: this loop's share of that edge
    func makeForEdge(_ next: Stage, _ passage: Passage) {
        for _ in 0..<next.concurrency { edge.append(make(passage, conversation: newConversation(in: next, passage))) }
        edge.reverse()
    }

    /// What was made for an edge that does not come.
    func dropEdge() {
        for request in edge { request.lane.recycle(request) }
        edge.removeAll()
    }

    // MARK: requests

    /// The next of a closed loop, for the place that is free from `instant` on.
    func next(dueBy instant: Instant, _ passage: Passage) -> LiveRequest {
        edge.popLast() ?? make(passage, item: passage.nextItem(), conversation: nextTurn(dueBy: instant, passage))
    }

    /// That of an open loop's arrival.
    func request(of arrival: Arrival, _ passage: Passage) -> LiveRequest {
        let request = passage.takeAhead(arrival.index) ?? make(arrival: arrival.index, passage)
        request.errand.queued = arrival.queued
        return request
    }

    /// While there is nothing else to do until the next arrival.
    func makeAhead(until due: Instant?, _ passage: Passage) {
        passage.makeAhead(until: due) { arrival in make(arrival: arrival, passage) }
    }

    /// One that was refused or lost, once more.
    func again(_ errand: Errand, _ passage: Passage) -> LiveRequest {
        let occasion = passage.occasion(trace: run.program.replay(ofStep: errand.step))
        return driver.lanes[errand.target].make(errand, occasion, for: driver)
    }

    /// The question of a user who has thought, to be written down as not sent: the conversation ends.
    func turnedAway(dueBy instant: Instant, _ passage: Passage) -> LiveRequest? {
        thinking.take(dueBy: instant).map { make(passage, conversation: $0) }
    }

    private func make(arrival: Int, _ passage: Passage) -> LiveRequest {
        make(passage, arrival: arrival, conversation: newConversation(in: passage.entry.stage, passage))
    }

    private func make(
        _ passage: Passage,
        item: Int? = nil,
        arrival: Int? = nil,
        conversation: Conversation? = nil
    ) -> LiveRequest {
        let lane = passage.lane
        var errand = numbers.errand(to: lane.target.id)
        (errand.item, errand.arrival, errand.conversation) = (item, arrival, conversation)
        errand.primer = passage.nextPrimer()
        if let item { errand.prompt = Int64(item) }
        if let conversation { errand.prompt = Int64(lane.maker.listPlace(of: conversation)) }
        return lane.make(errand, passage.occasion(trace: passage.replay), for: driver)
    }

    // MARK: users who ask again

    /// The question of a user who has thought, or of a new one. nil where requests stand alone.
    private func nextTurn(dueBy instant: Instant, _ passage: Passage) -> Conversation? {
        guard passage.entry.stage.takesConversations else { return nil }
        return thinking.take(dueBy: instant) ?? newConversation(in: passage.entry.stage, passage)
    }

    private func newConversation(in stage: Stage, _ passage: Passage) -> Conversation? {
        stage.takesConversations ? numbers.conversation(passage.lane.maker.conversation) : nil
    }

    /// A conversation at a later question, and how long its user thinks before.
    struct FollowUp {
        var conversation: Conversation
        var think: Duration
    }

    /// nil where the conversation ends here: it was the last question, or the answer is none to go on from.
    func followUp(to request: LiveRequest, _ record: RequestRecord, _ passage: Passage) -> FollowUp? {
        let errand = request.errand
        guard let conversation = errand.conversation else { return nil }
        let answer = request.decoder.text.choices[0]?.content ?? ""
        guard record.outcomeClass == .success, !conversation.isAtLastTurn, !answer.isEmpty else { return nil }
        var (next, think) = request.lane.maker.continued(
            conversation,
            with: answer,
            arrival: errand.arrival,
            in: errand.arrival.flatMap { _ in run.program.replay(ofStep: errand.step) }
        )
        if passage.entry.stage.handsUsersOn { think = .zero }  // the pause is the plan's
        next.token = SessionMark.token(request.lane.target.sessionKey, of: request.transfer) ?? next.token
        return FollowUp(conversation: next, think: think)
    }

    /// Its user thinks from now on.
    func think(_ next: FollowUp, from now: Instant) {
        thinking.insert(next.conversation, due: now.advanced(by: next.think))
    }
}
