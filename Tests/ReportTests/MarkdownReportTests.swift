import Measurement
import Testing

@testable import Report

@Suite struct MarkdownReportTests {
    @Test func `a whole report looks as it was found good`() throws {
        #expect(try MarkdownReport.render(Samples.result, files: ["results/latest"]) == Golden.read("report.md"))
    }

    @Test func `every row of a table has as many cells as its head`() {
        var result = Samples.everything
        result.targets[0].failures[0].words = "a | b || c \\| d"
        var columns: Int?
        for line in MarkdownReport.render(result).split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                columns = nil
                continue
            }
            let cells = line.replacing("\\\\", with: "").replacing("\\|", with: "").count { $0 == "|" } - 1
            #expect(cells == columns ?? cells, "\(line)")
            columns = cells
        }
    }

    @Test func `words of a server are text, not markup`() {
        var result = Samples.result
        result.targets[0].failures[0].words = "<img src=x onerror=alert(1)> [x](http://e) **b** `c` \u{1b}[31m"
        let text = MarkdownReport.render(result)
        #expect(text.contains("&lt;img src=x onerror=alert(1)&gt; \\[x\\]\\(http://e) \\*\\*b\\*\\* \\`c\\` \\[31m"))
        #expect(!text.contains("<img"))
        #expect(!text.utf8.contains(0x1b))
    }
}
