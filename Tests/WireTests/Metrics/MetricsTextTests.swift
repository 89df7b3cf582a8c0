import Testing
import Wire

@Suite struct MetricsTextTests {
    private func read(_ text: String) -> MetricsText { MetricsText(Array(text.utf8)) { _ in true } }

    /// One line and what it says: name, labels, value; nil = malformed.
    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var says: String?
        var testDescription: String { String(line.prefix(60)) }
    }

    static let cases: [Case] = [
        Case(line: "up 1", says: "up [] 1.0"),
        Case(line: "  up\t 1  ", says: "up [] 1.0"),
        Case(
            line: "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 8.0",
            says: "vllm:num_requests_running [engine=0,model_name=m] 8.0"
        ),
        Case(line: "a{b=\"c\",} 2", says: "a [b=c] 2.0"),
        Case(line: "a{ b = \"c\" , d=\"e\" } 2", says: "a [b=c,d=e] 2.0"),
        Case(line: "a{} 3", says: "a [] 3.0"),
        Case(line: "a 1e3 1700000000000", says: "a [] 1000.0"),
        Case(line: "a_total 5 1700000000.5 # {trace_id=\"x\"} 0.3 1700000000.1", says: "a_total [] 5.0"),
        Case(line: "a_bucket{le=\"+Inf\"} 7 # {trace_id=\"x\"} 0.3", says: "a_bucket [le=+Inf] 7.0"),
        Case(line: "a NaN", says: "a [] nan"),
        Case(line: "a +Inf", says: "a [] inf"),
        Case(line: "a -Inf", says: "a [] -inf"),
        Case(line: "a -0.5", says: "a [] -0.5"),
        Case(line: "a{b=\"x\\\\y\\\"z\\n\"} 1", says: "a [b=x\\y\"z\n] 1.0"),
        Case(line: "a{b=\"\\q\"} 1", says: "a [b=\\q] 1.0"),
        Case(line: "a{b=\"}, c=\\\"\"} 1", says: "a [b=}, c=\"] 1.0"),
        Case(line: "{\"a.b\",c=\"d\"} 4", says: "a.b [c=d] 4.0"),
        Case(line: "a{\"b.c\"=\"d\"} 4", says: "a [b.c=d] 4.0"),
        Case(line: "a", says: nil),
        Case(line: "a one", says: nil),
        Case(line: "a{b=\"c} 1", says: nil),
        Case(line: "a{b=c} 1", says: nil),
        Case(line: "a{b=\"c\"", says: nil),
        Case(line: "a{b=\"c\"d=\"e\"} 1", says: nil),
        Case(line: "7a 1", says: nil),
        Case(line: "<html><body>not found</body></html>", says: nil),
        Case(line: "{\"error\": \"no metrics\"}", says: nil),
        Case(line: "a 1_000", says: nil),
    ]

    @Test(arguments: cases)
    func `a line is read as Prometheus reads it`(_ each: Case) throws {
        let text = read(each.line + "\n")
        guard let says = each.says else {
            #expect(text.samples.isEmpty && text.malformed == 1)
            return
        }
        let sample = try #require(text.samples.first)
        let labels = sample.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        #expect("\(sample.name) [\(labels)] \(sample.value)" == says)
        #expect(text.malformed == 0 && text.names == [sample.name])
    }

    @Test func `comments, empty lines and CRLF are no samples, and nothing stands behind the end of OpenMetrics`() {
        let text = read("# HELP a b\r\n# TYPE a counter\r\n\r\na 1\r\n# EOF\r\nb 2\r\n")
        #expect(text.samples.map(\.name) == ["a"])
        #expect(text.malformed == 0)
        #expect(read("").samples.isEmpty)
        #expect(read("a 1").samples.count == 1)
    }

    @Test func `what is not wanted is known by its name alone`() {
        let text = MetricsText(Array("a{broken 1\nb 2\n".utf8)) { $0 == "b" }
        #expect(text.samples.map(\.name) == ["b"])
        #expect(text.names == ["a", "b"] && text.malformed == 0)
    }

    @Test func `series, names, labels and lines beyond the bounds are left out`() {
        let many = read(String(repeating: "a{b=\"c\"} 1\n", count: MetricsText.mostSamples + 5))
        #expect(many.samples.count == MetricsText.mostSamples && many.isCut)
        let names = read((0...MetricsText.mostNames + 5).map { "n\($0) 1\n" }.joined())
        #expect(names.names.count == MetricsText.mostNames && names.isCut)
        let labels = (0...MetricsText.mostLabels).map { "l\($0)=\"x\"" }.joined(separator: ",")
        #expect(read("a{\(labels)} 1").malformed == 1)
        let long = String(repeating: "x", count: MetricsText.longestLine)
        let text = read("a{b=\"\(long)\"} 1\nb 2\n")
        #expect(text.malformed == 1 && text.samples.map(\.name) == ["b"])
    }

    @Test func `no text stops the reading`() {
        var bytes = Array("a{b=\"c\\n\",d=\"e\"} 1.5e3 17 # {t=\"x\"} 2\n{\"q\",a=\"b\"} NaN\n".utf8)
        let whole = bytes
        for cut in 0...whole.count { _ = MetricsText(Array(whole[..<cut])) { _ in true } }
        for place in whole.indices {
            for byte: UInt8 in [0, 0x22, 0x5c, 0x7b, 0x7d, 0x0a, 0xff] {
                bytes = whole
                bytes[place] = byte
                let text = MetricsText(bytes) { _ in true }
                #expect(text.samples.count <= 3)
            }
        }
    }
}
