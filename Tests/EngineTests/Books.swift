import Measurement
import Testing
import Ticks

@testable import Engine

/// What must hold of the records of any run, whatever happened in it.
func expectSoundBooks(_ driven: Driven, sourceLocation: SourceLocation = #_sourceLocation) {
    let run = driven.run
    let tookTooLong = driven.tookTooLong
    #expect(!tookTooLong, sourceLocation: sourceLocation)
    let keys = Set(run.requests.map { "\($0.sequence).\($0.attempt)" })
    #expect(keys.count == run.requests.count, sourceLocation: sourceLocation)
    #expect(Set(run.requests.map(\.step)).isSubset(of: run.steps.map(\.id)), sourceLocation: sourceLocation)
    for request in run.requests { expectSoundInstants(request, sourceLocation: sourceLocation) }
    expectSoundSteps(run, sourceLocation: sourceLocation)
    expectSoundSums(driven, sourceLocation: sourceLocation)
}

/// A request's instants follow one another, and what it counts adds up.
private func expectSoundInstants(_ request: RequestRecord, sourceLocation: SourceLocation) {
    guard let lag = request.dispatchLag, let ended = request.ended else {
        #expect(request.outcome == .notSent, sourceLocation: sourceLocation)
        #expect(request.written == nil && request.firstByte == nil, sourceLocation: sourceLocation)
        return
    }
    #expect(request.outcome != .notSent, sourceLocation: sourceLocation)
    #expect(lag >= 0, sourceLocation: sourceLocation)
    let course = [request.firstByte, request.firstEvent, request.firstToken, request.lastToken, ended].compactMap { $0 }
    #expect(course == course.sorted() && course[0] >= 0, "\(request)", sourceLocation: sourceLocation)
    if let written = request.written {
        #expect((0...(request.firstByte ?? ended)).contains(written), sourceLocation: sourceLocation)
    }
    let arrivals = ArrivalLog.decode(request.arrivals) ?? []
    #expect(arrivals.reduce(0) { $0 + $1.events } == request.tokenEvents, sourceLocation: sourceLocation)
    #expect(arrivals.reduce(0) { $0 + Int64($1.textBytes) } == request.textBytes, sourceLocation: sourceLocation)
    #expect(request.tokenReads <= request.reads, sourceLocation: sourceLocation)
    #expect(request.tokenReads <= request.tokenEvents, sourceLocation: sourceLocation)
}

/// Steps follow one another without a hole, each within its phase.
private func expectSoundSteps(_ run: RecordedRun, sourceLocation: SourceLocation) {
    let steps = run.steps.sorted { $0.id < $1.id }
    for step in steps {
        let course = [step.started, step.settled, step.drained].compactMap { $0 }
        #expect(course.count >= 2 && course.first == course.min(), sourceLocation: sourceLocation)
        if let end = step.windowEnded, let started = step.started, let drained = step.drained {
            #expect(started <= end && end <= drained, "step \(step.id)", sourceLocation: sourceLocation)
        }
    }
    for (step, next) in zip(steps, steps.dropFirst()) {
        guard let drained = step.drained, let started = next.started else { continue }
        // Several loops need an instant that lies ahead of them all.
        // Stretches of an open loop follow one another by the plan, however late the loops were to see the end.
        if step.kind == .arrivals, next.kind == .arrivals { continue }
        #expect((0...2_000_000).contains(started - drained), sourceLocation: sourceLocation)
    }
    for phase in run.phases {
        let own = steps.filter { $0.phase == phase.id }
        #expect(phase.started == own.first?.started, sourceLocation: sourceLocation)
        #expect(phase.ended == own.last?.drained, sourceLocation: sourceLocation)
    }
}

/// Bins and histograms say the same as the requests.
private func expectSoundSums(_ driven: Driven, sourceLocation: SourceLocation) {
    let (run, sent) = (driven.run, driven.sent)
    let bad = sent.count { $0.outcomeClass == .failed || $0.outcomeClass == .throttled }
    #expect(run.bins.reduce(0) { $0 + $1.started } == sent.count, sourceLocation: sourceLocation)
    #expect(run.bins.reduce(0) { $0 + $1.ended } == sent.count, sourceLocation: sourceLocation)
    #expect(run.bins.reduce(0) { $0 + $1.failed } == bad, sourceLocation: sourceLocation)
    let events = sent.reduce(0) { $0 + $1.tokenEvents }
    #expect(run.bins.reduce(0) { $0 + $1.tokenEvents } == events, sourceLocation: sourceLocation)
    let begun = sent.count { $0.tokenReads > 0 }
    #expect(run.bins.reduce(0) { $0 + $1.firstTokens } == begun, sourceLocation: sourceLocation)
    #expect(
        Set(run.bins.map { [Int64($0.step), $0.bin, Int64($0.loop)] }).count == run.bins.count,
        sourceLocation: sourceLocation
    )

    let area = run.bins.reduce(0) { $0 + $1.inFlightArea }
    let lives = sent.reduce(0) { $0 + ($1.ended ?? 0) }
    #expect(abs(area - lives) <= lives / 50 + 5_000_000, sourceLocation: sourceLocation)

    let gaps = run.histograms.filter { $0.metric == .itl }.map(\.histogram)
    let gapCount = sent.reduce(0) { $0 + max(0, $1.tokenReads - 1) }
    let (told, toldSum) = (gaps.reduce(0) { $0 + Int($1.count) }, gaps.reduce(0) { $0 + $1.sum })
    let streamed = sent.filter { $0.firstToken != nil }
    let gapSum = streamed.reduce(0) { $0 + ($1.lastToken ?? 0) - ($1.firstToken ?? 0) }
    // Those over a standstill of a loop are nobody's.
    let hasRun = run.histograms.allSatisfy { $0.metric != .wakeLag || ($0.histogram.max ?? 0) < 20_000_000 }
    #expect(hasRun ? told == gapCount : told <= gapCount, sourceLocation: sourceLocation)
    #expect(hasRun ? toldSum == gapSum : toldSum <= gapSum, sourceLocation: sourceLocation)
    #expect(Set(run.histograms.map(\.step)).isSubset(of: run.steps.map(\.id)), sourceLocation: sourceLocation)
    let keys = run.histograms.map { "\($0.step) \($0.second) \($0.loop) \($0.metric)" }
    #expect(Set(keys).count == keys.count, sourceLocation: sourceLocation)

    #expect(driven.snapshot.requestsStarted == Int64(sent.count), sourceLocation: sourceLocation)
    #expect(driven.snapshot.requestsEnded == Int64(sent.count), sourceLocation: sourceLocation)
    #expect(driven.snapshot.tokenEvents == Int64(events), sourceLocation: sourceLocation)
    #expect(driven.snapshot.inFlight == 0, sourceLocation: sourceLocation)
}

/// Every request that the server got is in the books, and none besides.
func expectSameJournal(_ driven: Driven, _ server: ChatServer, sourceLocation: SourceLocation = #_sourceLocation) {
    let ours = driven.sent.map { $0.attempt == 0 ? "t-\($0.sequence)" : "t-\($0.sequence).\($0.attempt)" }.sorted()
    #expect(server.journal.requestIDs.sorted() == ours, sourceLocation: sourceLocation)
}
