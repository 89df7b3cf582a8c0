import Measurement
import Testing

@testable import Report

@Suite struct SelftestReportTests {
    private func level(_ streams: Int, reasons: [String] = []) -> SelftestLevel {
        var level = SelftestLevel(streams: streams)
        level.requests = 1234
        level.tokensPerSecond = 12_800
        level.waitError = .init(p50: 0.02, p99: 0.4)
        level.reasons = reasons
        return level
    }

    @Test func `it says first how far the numbers can be trusted, then why not further`() {
        var result = SelftestResult()
        result.levels = [level(512), level(1024, reasons: ["first token error p99 9 ms, limit 2 ms"])]
        let text = SelftestReport.render(result, style: .init(width: 110), file: "/home/me/selftest.json")
        let lines = text.split(separator: "\n")
        #expect(lines[1].contains("can be trusted up to 512 streams and 12,800 tokens/s"))
        #expect(lines.contains { $0.contains("512") && $0.hasSuffix(" trusted") && !$0.contains("not trusted") })
        #expect(lines.contains { $0.contains("1,024") && $0.hasSuffix("not trusted") })
        #expect(lines.contains { $0.contains("1,024: first token error p99 9 ms, limit 2 ms") })
        #expect(lines.last?.contains("/home/me/selftest.json") == true)
    }

    @Test func `a machine that cannot be trusted at all is told so in a banner`() {
        var result = SelftestResult()
        result.levels = [level(1, reasons: ["no request to compare"])]
        #expect(SelftestReport.render(result, file: "").contains("INVALID  this machine's numbers cannot be trusted"))
    }
}
