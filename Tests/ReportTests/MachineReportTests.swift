import Foundation
import FoundationXML
import Measurement
import Testing

@testable import Report

@Suite struct MachineReportTests {
    private static func failing() -> RunResult {
        var result = Samples.result
        var failed = ThresholdResult()
        (failed.expression, failed.value, failed.unit, failed.note) = ("ttft.p95 < 5ms", 25, "ms", "at 16 streams")
        var passed = ThresholdResult()
        (passed.expression, passed.value, passed.unit, passed.passed) = ("error_rate < 1%", 0.2, "%", true)
        result.thresholds = [failed, passed]
        return result
    }

    /// Elements and their attributes, in order.
    private enum Reader {
        static func elements(of xml: String) throws -> [(name: String, attributes: [String: String])] {
            let document = try XMLDocument(xmlString: xml)
            var found: [(String, [String: String])] = []
            func walk(_ node: XMLNode) {
                if let element = node as? XMLElement {
                    let pairs = (element.attributes ?? []).map { ($0.name ?? "", $0.stringValue ?? "") }
                    found.append((element.name ?? "", Dictionary(pairs) { $1 }))
                }
                for child in node.children ?? [] { walk(child) }
            }
            walk(document)
            return found
        }
    }

    @Test func `each threshold is a test case, and the verdict a property`() throws {
        let elements = try Reader.elements(of: JUnitReport.render(Self.failing()))
        let cases = elements.filter { $0.name == "testcase" }.map { $0.attributes["name"] ?? "" }
        #expect(cases.suffix(2) == ["ttft.p95 < 5ms", "error_rate < 1%"])
        let failures = elements.filter { $0.name == "failure" }
        #expect(failures.count == 1)
        #expect(failures.first?.attributes["message"] == "value 25.0ms, at 16 streams")
        let verdict = elements.first { $0.name == "property" && $0.attributes["name"] == "verdict" }
        #expect(verdict?.attributes["value"] == Self.failing().validity.verdict.rawValue)
        let suite = elements.first { $0.name == "testsuite" }
        #expect(suite?.attributes["tests"] == String(cases.count))
        #expect(suite?.attributes["failures"] == "1")
    }

    @Test func `a measurement that is the generator's own is an error, not a failure`() throws {
        var result = Self.failing()
        result.validity.verdict = .invalid
        result.validity.reasons = ["requests left late"]
        let errors = try Reader.elements(of: JUnitReport.render(result)).filter { $0.name == "error" }
        #expect(errors.map { $0.attributes["message"] } == ["requests left late"])
    }

    @Test func `hostile text stays text in XML and in a workflow command`() throws {
        var result = Self.failing()
        result.thresholds[0].expression = "\"/><x a='<&>\u{0}\u{1b}\u{fffe}\n"
        result.thresholds[0].note = "100 %\r\n::error::forged"
        let names = try Reader.elements(of: JUnitReport.render(result)).map(\.name)
        #expect(!names.contains("x"))
        let lines = GitHubReport.annotations(result).split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("::error title=") || $0.hasPrefix("::warning title=") })
        #expect(lines.contains { $0.contains("100 %25 ::error::forged") })
    }

    @Test func `annotations name what failed, and the summary fits a screen`() {
        let result = Self.failing()
        #expect(
            GitHubReport.annotations(result).contains(
                "::error title=threshold failed%3A ttft.p95 < 5ms::value 25.0ms, at 16 streams\n"
            )
        )
        let summary = GitHubReport.summary(result)
        #expect(summary.hasPrefix("## spate "))
        #expect(summary.contains("1 of 2 thresholds failed"))
        #expect(summary.split(separator: "\n").count < 80)
    }

    @Test func `a run without thresholds passes as one test case`() throws {
        var result = Samples.result
        result.thresholds = []
        result.validity.verdict = .valid
        let elements = try Reader.elements(of: JUnitReport.render(result))
        #expect(elements.count { $0.name == "testcase" } == 1)
        #expect(!elements.contains { $0.name == "failure" || $0.name == "error" })
    }

    @Test func `a histogram's shares add up to one, and its ladder is exact`() throws {
        let samples = (1...1000).map { Double($0) }
        let statistics = try #require(OrderStatistics(samples, most: 2000))
        let shares = HistogramReport.shares(statistics)
        #expect(abs(shares.reduce(0) { $0 + $1.share } - 1) < 1e-12)
        #expect(shares.first?.from == 1)
        let text = HistogramReport.group(statistics, title: "ttft", unicode: true).replacing("\u{A0}", with: " ")
        #expect(text.hasPrefix("ttft · n = 1,000\n"))
        #expect(
            text.contains("p50 500 ms  p75 750 ms  p90 900 ms  p95 950 ms  p99 990 ms  p99.9 999 ms  largest 1.00 s")
        )
    }

    @Test func `equal values make one bar, a single value too`() throws {
        let statistics = try #require(OrderStatistics([5, 5, 5], most: 10))
        #expect(HistogramReport.shares(statistics).map(\.share) == [1])
        #expect(HistogramReport.render(RunCharts(of: RecordedRun())) == "no request had a first token\n")
        // Fourteen stretches of which the digits tell three.
        let narrow = try #require(OrderStatistics((0..<100).map { 283 + Double($0) / 50 }, most: 300))
        let rows = HistogramReport.group(narrow, title: "t", unicode: true).split(separator: "\n").dropFirst()
            .dropLast()
        let labels = rows.map { $0.split(separator: " ").prefix(1).joined() }
        #expect(Set(labels).count == labels.count && labels.count == 3, "\(labels)")
    }
}
