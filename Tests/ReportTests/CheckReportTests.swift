import Foundation
import Measurement
import Testing

@testable import Report

@Suite struct CheckReportTests {
    private var failed: CheckResult {
        var check = CheckResult()
        (check.name, check.model, check.api, check.url) = ("do/kimi", "kimi-k2.6", "openai-chat", "https://a.test/v1")
        check.provider = "digitalocean"
        check.findings = [
            .init(.reachable, .ok, "it answers"), .init(.streams, .failed, "64 token events in 1 reads"),
            .init(.usage, .odd, "\u{1b}[31mred"), .init(.maxTokens, .unknown, "not told"),
        ]
        check.learnt = ["it refused temperature 0; none is sent"]
        check.requests = 4
        return check
    }

    @Test func `a failed requirement is shouted, and hostile words are tamed`() {
        let text = CheckReport.render([failed], style: TerminalStyle(width: 100, colour: false, unicode: true))
        #expect(text.contains("UNUSABLE  do/kimi: really streams"))
        #expect(text.contains("FAILED  64 token events in 1 reads"))
        #expect(text.contains("learnt: it refused temperature 0; none is sent"))
        #expect(text.contains("cost unknown"))
        #expect(!text.contains("\u{1b}"))
        #expect(!text.contains("Models and providers"))
    }

    @Test func `the JSON says the same, for a program`() throws {
        let data = Data(CheckReport.encode([failed]))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["schema"] as? String == "spate.check/1")
        let target = try #require((object["targets"] as? [[String: Any]])?.first)
        #expect(target["usable"] as? Bool == false && target["failed"] as? [String] == ["streams"])
        #expect(target["usd"] is NSNull)
        let properties = try #require(target["properties"] as? [[String: Any]])
        #expect(properties.map { $0["verdict"] as? String } == ["ok", "failed", "odd", "unknown"])
    }

    /// Two providers, two models; who answers sooner changes.
    @Test func `a run over several targets shows the matrix and says that the ranking flips`() {
        func target(_ provider: String, _ model: String, _ p50: Double) -> TargetResult {
            var target = TargetResult()
            (target.name, target.provider, target.model) = ("\(provider)/\(model)", provider, model)
            var ttft = DistributionSummary()
            (ttft.count, ttft.p50, ttft.p95, ttft.maximum) = (100, p50, 2 * p50, 3 * p50)
            ttft.p50Interval = ConfidenceInterval(lower: 0.9 * p50, upper: 1.1 * p50)
            target.totals.ttftMilliseconds = ttft
            return target
        }
        var result = RunResult()
        result.targets = [
            target("together", "openai/gpt-oss-120b", 100), target("digitalocean", "openai-gpt-oss-120b", 200),
            target("together", "moonshotai/Kimi-K2.6", 500), target("digitalocean", "kimi-k2.6", 300),
        ]
        let style = TerminalStyle(width: 100, colour: false, unicode: true)
        let words = TerminalReport.render(result, style: style).split(whereSeparator: \.isWhitespace).joined(
            separator: " "
        )
        #expect(words.contains("Models and providers"))
        #expect(
            words.contains(
                "The ranking flips from model to model: at gpt-oss-120b together answers sooner (100 ms against 200 ms), "
                    + "at kimi-k2.6 digitalocean does (300 ms against 500 ms); the intervals do not touch."
            )
        )
        result.targets.removeLast(2)
        #expect(!TerminalReport.render(result, style: style).contains("flips"))
        result.targets.removeLast()
        #expect(!TerminalReport.render(result, style: style).contains("Models and providers"))
    }

    @Test func `what a useful answer cost is a sentence, and what is not known is not 0`() {
        var result = RunResult()
        var target = TargetResult()
        target.totals.requests.scheduled = 10
        target.totals.requests.useful = 8
        var cost = RequestStatistics.Cost(dollars: 0.03)
        cost.dollarsPerRequest = 0.003
        cost.dollarsPerMillionOutputTokens = 6
        cost.dollarsPerUsefulResult = 0.00375
        cost.dollarsPerUsefulInterval = ConfidenceInterval(lower: 0.003, upper: 0.005)
        cost.dollarsNotUseful = 0.006
        target.totals.cost = cost
        result.targets = [target]
        func words() -> String {
            TerminalReport.render(result, style: .init(width: 100, colour: false, unicode: true), isFull: true)
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        #expect(words().contains("It cost $0.030: $0.0030 per request, $6.00 per million output tokens."))
        #expect(
            words().contains(
                "One useful answer cost $0.0038 (95 % interval $0.0030 to $0.0050): 8 of 10 were useful, and all attempts are "
                    + "paid for, reasoning as output; $0.0060 went into the others."
            )
        )
        result.targets[0].totals.cost = nil
        result.targets[0].totals.costGap = .noPrice
        #expect(words().contains("Cost unknown: no price given"))
        #expect(!words().contains("$0"))
        result.targets[0].totals.costGap = .noUsage
        #expect(words().contains("the server did not report the tokens of each answer"))
    }
}
