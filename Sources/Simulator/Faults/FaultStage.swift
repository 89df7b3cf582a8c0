internal import Ticks
internal import Transport

/// Plays faults' scripts to their clients, any number at once on one timer; lets go of a client that has left.
final class FaultStage {
    private struct Play {
        let exchange: HTTPExchange
        var steps: ArraySlice<FaultScript.Step>
        let finished: () -> Void
    }

    private var waiting: [(at: Instant, number: Int, play: Play)] = []
    private var started = 0
    private var timer: PreciseTimer?

    init(loop: EventLoop) {
        timer = PreciseTimer(loop: loop) { [unowned self] _ in resume() }
    }

    /// - Parameter finished: called once, when nothing more will be sent.
    func play(_ script: FaultScript, to exchange: HTTPExchange, finished: @escaping () -> Void) {
        started += 1
        let number = started
        exchange.onDisconnect = { [unowned self] in
            guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
            waiting.remove(at: index)
            finished()
        }
        go(Play(exchange: exchange, steps: script.steps[...], finished: finished), number)
        arm()
    }

    private func go(_ play: Play, _ number: Int) {
        var play = play
        while let step = play.steps.popFirst() {
            switch step {
            case .send(let bytes): play.exchange.sendRaw(bytes)
            case .pause(let milliseconds):
                let at = MonotonicClock.now().advanced(byNanoseconds: milliseconds * 1_000_000)
                waiting.append((at, number, play))
                return
            case .done: play.exchange.endRaw()
            case .close: play.exchange.abandon()
            case .reset: play.exchange.reset()
            }
        }
        play.exchange.onDisconnect = {}
        play.finished()
    }

    private func resume() {
        let now = MonotonicClock.now()
        let due = waiting.filter { $0.at <= now }
        waiting.removeAll { $0.at <= now }
        for (_, number, play) in due { go(play, number) }
        arm()
    }

    private func arm() {
        if let next = waiting.map(\.at).min() { timer?.arm(at: next) } else { timer?.disarm() }
    }
}

@available(*, unavailable) extension FaultStage: Sendable {}
