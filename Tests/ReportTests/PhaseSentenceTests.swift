import Testing
import Ticks

@testable import Measurement
@testable import Report

/// What a phase's section says in words.
@Suite struct PhaseSentenceTests {
    private func words(_ result: RunResult) -> String {
        let style = TerminalStyle(width: 100, colour: false, unicode: false)
        return TerminalReport.render(result, style: style, files: [], isFull: true).split { $0.isWhitespace }.joined(
            separator: " "
        )
    }

    private func ramp(_ change: (inout PhaseResult) -> Void) -> String {
        var result = Samples.small
        change(&result.targets[0].phases[0])
        return words(result)
    }

    private func drift(_ slope: Double, _ verdict: DriftResult.Verdict) -> DriftResult {
        let interval = ConfidenceInterval(lower: slope - 600, upper: slope + 600)
        return DriftResult(slopePerHour: slope, interval: interval, p: 0.001, verdict: verdict)
    }

    @Test func `a drift is told over the time measured, not over an hour`() {
        var result = Samples.small
        result.targets[0].phases[0].kind = .steady
        result.targets[0].phases[0].durationSeconds = 600
        result.targets[0].phases[0].drift = [
            "ttft": drift(1_200, .drifting), "e2e": drift(0, .steady), "error_rate": drift(0, .undetermined),
        ]
        let text = words(result)
        #expect(text.contains("TTFT drifted by +200 ms (95 % interval +100 ms to +300 ms) over the 10 min"))
        #expect(text.contains("Steady over 10 min"))
        #expect(text.contains("Too short or too noisy to tell a trend: share of failures."))
    }

    @Test func `what a sample can show is told in percent, and of how many requests`() {
        let text = ramp { phase in
            let ttft = (0..<100).map { 100 + Double($0 * 37 % 100) / 10 }
            phase.steps[0].power = SamplePower(ttft: ttft, seconds: 60, dollars: nil)
        }
        let said =
            text.ranges(of: "With 100 requests a difference of ").first.map { String(text[$0.lowerBound...]) } ?? ""
        #expect(said.prefix(90).contains(" % in median TTFT is found in 4 of 5 comparisons"), "\(text)")
        #expect(!text.contains(/\d\.\d{6,}/))
        let few = ramp { phase in
            let ttft = (0..<30).map { 100 * (1 + Double($0 * 17 % 30) / 30) }
            phase.steps[0].power = SamplePower(ttft: ttft, seconds: 60, dollars: 0.5)
        }
        let form =
            /30 requests can show a change of [\d.]+ % in median TTFT \(4 times in 5\); one of 5.0 % needs [\d,]+ requests \([\d,]+ to [\d,]+\), [\dhmins ]+, \$[\d.]+\./
        #expect(few.contains(form), "\(few)")
    }

    @Test func `of many incidents the longest are shown and the others counted`() {
        let text = ramp { phase in
            phase.incidents = (1...9).map { index in
                IncidentResult(
                    startSeconds: Double(index),
                    endSeconds: Double(index) + Double(index) / 10,
                    kind: .clientStop
                )
            }
        }
        #expect(text.contains("client stop at 9.00 s, for 900 ms"))
        #expect(text.contains("client stop at 5.00 s"))
        #expect(!text.contains("client stop at 4.00 s"))
        #expect(text.contains("and 4 shorter ones"))
    }

    @Test func `probes beside a load say whose the wait is`() {
        func said(_ probe: Double, _ loaded: Double, late: Double? = nil) -> String {
            ramp { phase in
                var stats = RequestStatistics()
                stats.requests.scheduled = 30
                let own = (0..<30).map { probe + Double($0 * 17 % 30) / 100 }
                let load = (0..<300).map { loaded + Double($0 * 17 % 300) / 1000 }
                stats.ttftMilliseconds = DistributionSummary(samples: own)
                phase.probes = ProbesResult(
                    stats: stats,
                    loaded: DistributionSummary(samples: load),
                    lateMilliseconds: late
                )
            }
        }
        let slow = said(500, 500)
        #expect(slow.contains("Beside it 30 single probes on a thread and a connection of their own: TTFT p50 500 ms"))
        #expect(slow.contains("The wait is the server's, or the way's to it"))
        #expect(slow.contains("at most <1 % of that is this client's."))
        #expect(!slow.contains("this client is slow"))
        #expect(said(50, 500).contains("the same server at the same time, by 90 % of the load's wait or more"))
        #expect(
            said(500, 500, late: 80).contains(
                "But this client is slow too: its requests left 80.0 ms after they were due"
            )
        )
        #expect(said(900, 500).contains("The probes waited longer than the load"))
    }

    @Test func `conversations are told turn by turn, with what the cache saved`() {
        let text = ramp { phase in
            phase.conversations = ConversationsResult()
            phase.conversations?.begun = 12
            phase.conversations?.finished = 9
            phase.conversations?.broken = 1
            phase.conversations?.left = 2
            var turns: [TurnResult] = []
            for number in 1...3 {
                var turn = TurnResult()
                (turn.turn, turn.requests) = (number, 20 - number)
                turn.ttftMilliseconds = DistributionSummary(samples: [Double(100 * number)])
                turn.inputTokensPerRequest = DistributionSummary(samples: [Double(200 * number)])
                turn.cachedShare = number == 1 ? 0 : 0.75
                turns.append(turn)
            }
            phase.steps = [phase.steps[0]]
            phase.steps[0].turns = turns
            phase.steps[0].meanThinking = 2.5
        }
        #expect(text.contains("Conversations: 12 begun, 9 finished, 1 broken off"))
        #expect(text.contains("2.50 users thought about their next question on average"))
        #expect(text.contains("2 18 400 75 % 200 ms"))
    }

    @Test func `what MSER-5 would discard is said where it is a tenth of the sample`() {
        func told(_ discarded: Int) -> String {
            ramp { phase in
                phase.steps[0].concurrency = 4
                phase.steps[0].stats.ttftMilliseconds = Samples.distribution(100, 200, count: 100)
                phase.steps[0].discarded = discarded
            }
        }
        #expect(told(10).contains("The first 10 of 100 at 4 streams had not settled (MSER-5)"))
        #expect(!told(9).contains("MSER-5"))
    }

    @Test func `a search says what capacity it found, and each visit's verdict`() throws {
        let text = ramp { phase in phase.find = .sample(answer: 8, beyond: 9, isComplete: true) }
        #expect(
            text.contains("Capacity: 8 streams keep ttft.p95 < 1s; of 9 it cannot be told (40 of 41 requests kept it).")
        )
        #expect(text.contains("INDETERMINATE"))
        let cut = ramp { phase in phase.find = .sample(answer: nil, beyond: nil, isComplete: false) }
        #expect(cut.contains("The search for the most streams that keep ttft.p95 < 1s did not end."))
        let none = ramp { phase in phase.find = .sample(answer: nil, beyond: 1, isComplete: true) }
        #expect(
            none.contains(
                "No level was shown to keep ttft.p95 < 1s: at 1 stream it cannot be told (40 of 41 requests kept it)."
            )
        )
    }

    @Test func `a ramp that came back differently says at which levels`() {
        func medians(_ up: Double, _ down: Double) -> HysteresisResult.Medians? {
            func summary(_ median: Double) -> DistributionSummary {
                var summary = Samples.distribution(median, 2 * median, count: 100)
                summary.p50Interval = ConfidenceInterval(lower: median - 5, upper: median + 5)
                return summary
            }
            return HysteresisResult.Medians(up: summary(up), down: summary(down))
        }
        func told(_ down: Double) -> String {
            ramp { phase in
                phase.hysteresis = [
                    HysteresisResult(
                        concurrency: 8,
                        ttftMilliseconds: medians(100, down),
                        requestTPS: medians(50, 50)
                    )
                ]
            }
        }
        #expect(told(150).contains("The way down was not the way up: at 8 streams"))
        #expect(told(104).contains("The way down was like the way up"))
    }

    @Test(arguments: [(1, "once"), (3, "3 times")])
    func `a job that was interrupted says so in the shortest report`(count: Int, times: String) {
        var batch = BatchResult()
        let plain = BatchSection.blocks(batch, RequestStatistics())
        batch.interruptions = count
        let told = Array(BatchSection.blocks(batch, RequestStatistics()).dropFirst(plain.count))
        #expect(told == [Block.sentence("The job was interrupted \(times); only the time it ran is counted.")])
    }
}

extension FindResult {
    fileprivate static func sample(answer: Int?, beyond: Int?, isComplete: Bool) -> FindResult {
        var result = FindResult(expression: "ttft.p95 < 1s")
        result.answer = answer
        result.firstBeyond = beyond
        result.isComplete = isComplete
        result.visits = [.init(concurrency: beyond ?? 8, inside: 40, outside: 1, verdict: .indeterminate)]
        return result
    }
}
