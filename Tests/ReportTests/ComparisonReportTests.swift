import Measurement
import Testing

@testable import Report

@Suite struct ComparisonReportTests {
    private func comparison() throws -> ComparisonResult { try #require(Samples.everything.comparison) }

    @Test func `the verdict comes first in words, with the figures below and what they mean`() throws {
        let text = TerminalReport.render(try comparison(), regressions: [])
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("SIMULATED"))
        #expect(lines[1] == "What is compared")
        #expect(lines[2].hasPrefix(" - A is a"))
        #expect(lines.contains("B against A: b against a"))
        #expect(text.contains("\n b is worse in TTFT p50 than a.\n"))
        #expect(text.contains(" TTFT p50  250 ms  300 ms  1.200  slower by 20 % [10, 30]\n"))
        #expect(text.contains(" - TTFT p50: wait for the first token that half of the requests stay below.\n"))
        #expect(text.contains("At 30.0 tokens/s per user: a 2,100 [1,300, 2,200] tokens/s in all; b 1,400"))
        #expect(text.contains(" - One time window.\n"))
    }

    @Test func `a gateway's tax and what it passes on stand before the comparison`() throws {
        let lines = TerminalReport.render(try comparison(), regressions: []).split(separator: "\n")
            .map { $0.split(separator: " ").joined(separator: " ") }
        let start = try #require(lines.firstIndex(of: "Gateway tax: b before a"))
        #expect(start < (try #require(lines.firstIndex(of: "B against A: b against a"))))
        for line in [
            "TTFT p50 40.2 ms 43.3 ms 3.1 ms 2.9 to 3.4 ms", "gap p50 5.00 ms 5.00 ms 0.0 ms too few blocks",
            "failed 0 % 4.0 % 4.0 % 1.6 % to 7.7 %", "usage DROPPED answers with token counts: 200 of 200 direct",
            "200 requests direct and 200 through it, in 8 blocks.", "stream yes one by one",
            "cancellation not known nobody gave up",
        ] { #expect(lines[start...].contains(line), "\(line) is not in \(lines[start...].prefix(16))") }
    }

    @Test func `its page says what was found before it draws anything`() throws {
        let page = HTMLReport.render(try comparison(), regressions: [])
        let head = try #require(page.split(separator: "</header>").first)
        #expect(head.contains("SIMULATED") && head.contains("b is worse in TTFT p50 than a."))
        #expect(!page.dropFirst(head.count).contains("class=\"banner"))
    }

    @Test func `markdown says the same`() throws {
        let text = MarkdownReport.render(try comparison(), regressions: [])
        #expect(text.contains("| TTFT p50 | 250 ms | 300 ms | 1.200 | slower by 20 % \\[10, 30\\] |"))
        #expect(text.contains("## All users together against each user alone (ramp)"))
    }

    @Test func `limits are told with what they were held against`() throws {
        let limit = try RegressionLimit(parsing: "ttft.p50 > +10%")
        let found = limit.results(on: try comparison())
        #expect(found.map(\.passed) == [false])
        let text = TerminalReport.render(try comparison(), regressions: found)
        #expect(text.contains("Regressions: 1 of 1 failed"))
        #expect(
            text.contains("FAILED ttft.p50 > +10%: b ramp.ttft.p50 +20 % (interval +10 % to +30 %): beyond the limit")
        )
        // One that chance may have made did not fail, and is not said to have passed.
        for (outcome, heading) in [
            (RegressionResult.Outcome.passed, "Regressions: all passed"),
            (.notShown, "Regressions: none failed, 1 not shown"), (.undetermined, "Regressions: 1 of 1 failed"),
        ] {
            var other = found
            other[0].outcome = outcome
            #expect(TerminalReport.render(try comparison(), regressions: other).contains(heading))
        }
        let json = String(decoding: SummaryJSON.encode(try comparison(), regressions: found), as: UTF8.self)
        #expect(
            json.contains("\"schema\": \"spate.comparison/1\"") || json.contains("\"schema\":\"spate.comparison/1\"")
        )
        #expect(json.contains("\"regressions\""))
    }

    @Test func `a name from a server or a profile does no harm`() throws {
        var comparison = try comparison()
        comparison.rows[0].target = "b\u{1B}[31m|x"
        comparison.sides[1].name = "b\u{1B}[31m|x"
        #expect(!TerminalReport.render(comparison, regressions: []).contains("\u{1B}[31m|x"))
        #expect(MarkdownReport.render(comparison, regressions: []).contains("\\|x"))
    }
}
