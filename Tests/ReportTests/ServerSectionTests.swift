import Testing
import Ticks

@testable import Measurement
@testable import Report

/// What a report says of the server's own metrics.
@Suite struct ServerSectionTests {
    private func words(_ change: (inout TargetResult) -> Void) -> String {
        var result = Samples.small
        change(&result.targets[0])
        let style = TerminalStyle(width: 100, colour: false, unicode: false)
        return TerminalReport.render(result, style: style, files: [], isFull: true).split { $0.isWhitespace }.joined(
            separator: " "
        )
    }

    private func server(running: Double, waiting: Double, share: Double) -> ServerResult {
        var server = ServerResult()
        server.readings = 30
        server.running = .init(mean: running, max: running)
        server.waiting = .init(mean: waiting, max: waiting + 1)
        server.waitingShare = share
        server.kvCacheUsage = .init(mean: 0.5, max: 0.97)
        return server
    }

    private func compared(_ change: (inout ServerReconciliation) -> Void) -> String {
        words { target in
            var server = server(running: 1, waiting: 0, share: 0)
            var result = ServerReconciliation()
            result.outputTokens = .init(ours: 1000, server: 1000)
            change(&result)
            server.reconciled = result
            target.server = server
        }
    }

    @Test func `counters stand side by side, with their difference`() {
        let equal = compared { _ in }
        #expect(
            equal.contains("Against the server's own counters here server difference output tokens 1,000 1,000 0"),
            "\(equal)"
        )
        #expect(!equal.contains("explains the difference"))
        let more = compared { $0.outputTokens = .init(ours: 1000, server: 1030) }
        #expect(
            more.contains("1,000 1,030 +30 (3.0 %)") && more.contains("Nothing seen here explains the difference.")
        )
        // Others' requests would add to the server's count, and never take from it.
        let less = compared { $0.outputTokens = .init(ours: 1000, server: 970) }
        #expect(!less.contains("others") && less.contains("Nothing seen here explains the difference."))
        let cut = compared { ($0.outputTokens, $0.unfinished) = (.init(ours: 1000, server: 1030), 1) }
        #expect(cut.contains("1 request ended before its answer: what the server made for them is in its count alone."))
        #expect(!cut.contains("explains the difference"))
        let withheld = compared { $0.withheld = "the run did not end" }
        #expect(withheld.contains("They were not compared: the run did not end."))
    }

    @Test func `sources that fail and counters that fell are told`() {
        let text = words { target in
            var server = server(running: 1, waiting: 0, share: 0)
            server.restarts = 1
            server.problems = [.init(source: "http://h/metrics", failed: 3, readings: 40, words: "HTTP \u{1b}[31m503")]
            target.server = server
        }
        #expect(text.contains("The server's counters fell once, as they do after a restart."))
        #expect(text.contains("http://h/metrics: 3 of 40 readings failed; the last: HTTP"))
        #expect(!text.contains("\u{1b}"))
    }

    @Test func `without the server's metrics nothing is said of it`() {
        let text = words { $0.server = nil }
        #expect(!text.contains("server's own") && !text.contains("in its queue"))
    }

    /// A longer wait before the first token at the second level: what the server says, and what is named as its cause.
    @Test(
        arguments: [
            (nil, nil, "(queue or prefill)"), (true, nil, "(queue: 8.00 of them wait in the server's)"),
            (true, 700, "(queue: 8.00 of them wait in the server's, 700 ms on average)"),
            // 800 ms came on top: a queue of 3 ms did not make them.
            (true, 3, "(queue or prefill; in the server's own queue, 3.00 ms on average)"),
            (false, nil, "(prefill, or a queue before the server: its own is empty)"),
        ] as [(Bool?, Double?, String)]
    )
    func `queue or prefill is decided by the server's own gauge, where there is one`(
        queues: Bool?,
        milliseconds: Double?,
        words: String
    ) {
        var phase = PhaseResult()
        for (level, ttft) in [(1, 100.0), (16, 900.0)] {
            var step = StepResult()
            step.concurrency = level
            (step.retention, step.decodeRetention) = (level == 1 ? 1 : 0.5, level == 1 ? 1 : 0.9)
            var distribution = DistributionSummary(samples: (0..<50).map { ttft + Double($0) / 10 })
            distribution?.p50Interval = ConfidenceInterval(lower: ttft - 1, upper: ttft + 1)
            step.stats.ttftMilliseconds = distribution
            if let queues {
                step.server = server(
                    running: 8,
                    waiting: level == 1 || !queues ? 0 : 8,
                    share: level > 1 && queues ? 1 : 0
                )
                step.server?.queueMilliseconds = level > 1 ? milliseconds : nil
            }
            phase.steps.append(step)
        }
        let said = ServerSection.waitSentence(phase)?.replacing("\u{A0}", with: " ") ?? ""
        #expect(said.contains(words), "\(said)")
    }

    @Test func `replicas that came after an edge are told with who still waited`() {
        var phase = PhaseResult()
        var burst = BurstResult()
        burst.replicas = [
            .init(name: "engine=0", atSeconds: 31, waiting: 41, share: 0.41),
            .init(name: "engine=1", atSeconds: 94, waiting: 8, share: 0.08),
        ]
        phase.kind = .burst
        phase.bursts = [burst]
        let text = ServerSection.phase(phase).map { "\($0)" }.joined().replacing("\u{A0}", with: " ")
        #expect(
            text.contains(
                "2 replicas came: engine=0 answered 31.0 s after the edge, while 41 % of it still waited, engine=1 after 1 min 34 s (8 %)"
            ),
            "\(text)"
        )
    }
}
