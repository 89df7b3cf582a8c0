import Foundation
import Measurement
import Testing
import Ticks

@testable import Report

@Suite struct HTMLReportTests {
    private static let hostile =
        "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'--><!--&lt;\u{2028}\u{2029}\u{202e}\u{1b}[31m"

    private static func page(_ recorded: RecordedRun, profile: String? = nil) -> String {
        HTMLReport.render(RunResult(of: recorded), charts: RunCharts(of: recorded), profile: profile)
    }

    /// What stands between two texts, the first time.
    private static func between(_ start: String, _ end: String, in text: String) -> String? {
        guard let from = text.range(of: start), let to = text.range(of: end, range: from.upperBound..<text.endIndex)
        else {
            return nil
        }
        return String(text[from.upperBound..<to.lowerBound])
    }

    @Test func `no text from outside opens an element or an attribute`() throws {
        let plain = Self.elements(of: Self.page(RecordedRun.sample(words: "plain"), profile: "plain"))
        let attacked = Self.elements(of: Self.page(RecordedRun.sample(words: Self.hostile), profile: Self.hostile))
        #expect(plain.count > 100)
        #expect(plain.map(\.name) == attacked.map(\.name))
        #expect(plain.map(\.attributes) == attacked.map(\.attributes))
        let allowed: Set<String> = [
            "class", "id", "data-chart", "data-phase", "scope", "http-equiv", "content", "name", "charset", "lang",
            "type",
        ]
        for element in attacked { #expect(Set(element.attributes).isSubset(of: allowed), "\(element)") }
    }

    @Test func `the numbers within the page are JSON that gives back every text as it was`() throws {
        let text = Self.page(RecordedRun.sample(words: Self.hostile))
        let json = try #require(
            Self.between("<script type=\"application/json\" id=\"page-data\">", "</script>", in: text)
        )
        #expect(!json.contains("<") && !json.contains("\u{2028}"))
        let data = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let summary = try #require(data["summary"] as? [String: Any])
        let target = try #require((summary["targets"] as? [[String: Any]])?.first)
        #expect(target["model"] as? String == Self.hostile)
        let charts = try #require(data["charts"] as? [String: Any])
        let requests = try #require((charts["targets"] as? [[String: Any]])?.first?["requests"] as? [String: Any])
        #expect((requests["texts"] as? [String]) == [Self.hostile])
        let limits = try #require((charts["targets"] as? [[String: Any]])?.first?["limits"] as? [[String: Any]])
        #expect(limits.map { $0["name"] as? String } == [Self.hostile])
        #expect((limits[0]["left"] as? [Any])?.compactMap { $0 as? Int } == [5])
    }

    @Test func `the policy names the hashes of the page's own style and script, and allows nothing else`() throws {
        let text = Self.page(RecordedRun.sample())
        let style = try #require(Self.between("<style>", "</style>", in: text))
        let script = try #require(Self.between("</script>\n<script>", "</script>", in: text))
        let policy = try #require(Self.between("http-equiv=\"Content-Security-Policy\" content=\"", "\"", in: text))
        #expect(policy.hasPrefix("default-src 'none'; "))
        #expect(policy.contains("script-src '\(PageAssets.hash(script))'; "))
        #expect(policy.contains("style-src '\(PageAssets.hash(style))'; "))
        #expect(!policy.contains("unsafe") && !policy.contains("http"))
    }

    /// FIPS 180-4's "abc", as RFC 4648 writes it.
    @Test func `a hash is written as the policy wants it`() {
        #expect(PageAssets.hash("abc") == "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
        #expect(PageAssets.base64(Array("foob".utf8)) == "Zm9vYg==")
        #expect(PageAssets.base64(Array("fooba".utf8)) == "Zm9vYmE=")
        #expect(PageAssets.base64([]) == "")
    }

    @Test func `the page asks for nothing from outside`() {
        let text = Self.page(RecordedRun.sample())
        for element in Self.elements(of: text) {
            #expect(
                !["link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"].contains(element.name)
            )
            #expect(!element.attributes.contains("src") && !element.attributes.contains("href"))
        }
        #expect(!PageAssets.style.contains("url(") && !PageAssets.style.contains("@import"))
        for word in [
            "fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "import(", "innerHTML", "outerHTML",
            "insertAdjacentHTML", "eval(", "document.write",
        ] {
            #expect(!PageAssets.script.contains(word), "\(word)")
        }
    }

    @Test func `a script cannot be ended from within`() {
        #expect(!PageAssets.script.lowercased().contains("</script"))
        #expect(!PageAssets.script.contains("<!--"))
        #expect(!PageAssets.style.lowercased().contains("</style"))
    }

    @Test func `a page does not grow with the requests of its run`() {
        let small = RecordedRun.sample(requests: 6000)
        let large = RecordedRun.sample(requests: 12_000)
        let (few, many) = (ChartsJSON.document(RunCharts(of: small)), ChartsJSON.document(RunCharts(of: large)))
        let (a, b) = (few.embedded.utf8.count, many.embedded.utf8.count)
        #expect(b < 900_000)
        #expect(b < a + a / 10, "\(a) bytes at 6,000 requests, \(b) at 12,000")
    }

    @Test func `terminal, page, Markdown, JSON and CSV tell the same figures`() throws {
        let recorded = RecordedRun.sample(requests: 60)
        let result = RunResult(of: recorded)
        let stats = result.targets[0].phases[0].steps[0].stats
        let ttft = try #require(stats.ttftMilliseconds)
        let (p50, p95) = (try #require(ttft.p50), try #require(ttft.p95))
        let shown = [
            Figure.duration(milliseconds: p50), Figure.duration(milliseconds: p95),
            Figure.rate(stats.outputTokensPerSecond),
        ]
        let plain = { (text: String) in text.replacing("\u{A0}", with: " ") }
        let texts = [
            plain(TerminalReport.render(result, style: TerminalStyle(width: 140, colour: false, unicode: true))),
            MarkdownReport.render(result), plain(Self.page(recorded)),
        ]
        for text in texts { for figure in shown { #expect(text.contains(plain(figure)), "\(figure)") } }

        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(SummaryJSON.encode(result))) as? [String: Any]
        )
        let phase = try #require(((json["targets"] as? [[String: Any]])?[0]["phases"] as? [[String: Any]])?[0])
        let step = try #require((phase["steps"] as? [[String: Any]])?[0]["stats"] as? [String: Any])
        let told = try #require(step["ttft_ms"] as? [String: Any])
        #expect(told["p50"] as? Double == p50 && told["p95"] as? Double == p95)

        var sheet = ""
        RequestsCSV.write(recorded, to: &sheet)
        let lines = sheet.split(separator: "\r\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let place = try #require(lines[0].firstIndex(of: "ttft_ms"))
        let values = lines.dropFirst().compactMap { Double($0[place]) }.sorted()
        #expect(values.count == ttft.count)
        #expect(values[(values.count * 50 + 99) / 100 - 1] == p50 && values[(values.count * 95 + 99) / 100 - 1] == p95)

        // What the page's charts read.
        let distribution = RunCharts(of: recorded).targets[0].distributions.first { $0.figure == .ttft }
        #expect(distribution?.groups[0].statistics.values == values)
    }

    @Test func `a run without requests, and one that was cut off, have a page`() {
        #expect(Self.page(RecordedRun()).contains("</html>"))
        var cut = RecordedRun.sample()
        cut.run.complete = false
        cut.run.durationNanoseconds = nil
        cut.phases[0].ended = nil
        cut.steps[0].windowEnded = nil
        let text = Self.page(cut)
        #expect(text.contains("INCOMPLETE"))
        #expect(text.contains("data-chart=\"levels\" data-phase=\"0,0\""))
    }

    @Test func `every term that the script explains is in the glossary`() {
        let keys = Set(Glossary.terms.map(\.key))
        #expect(keys.count == Glossary.terms.count)
        var asked: Set<String> = []
        for pattern in [/about: "([a-z0-9]+)"/, /term\("([a-z0-9]+)"\)/] {
            for match in PageAssets.script.matches(of: pattern) { asked.insert(String(match.1)) }
        }
        #expect(asked.count > 8)
        #expect(asked.isSubset(of: keys), "\(asked.subtracting(keys))")
    }

    // MARK: A reader of HTML, by the tokenizer's rules as far as they matter here

    private struct Element: Equatable {
        var name: String
        var attributes: [String]
    }

    /// Start tags outside of scripts, styles and comments.
    private static func elements(of text: String) -> [Element] {
        var found: [Element] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "<") {
            rest = rest[open...].dropFirst()
            if rest.hasPrefix("!--") {
                rest = rest.range(of: "-->").map { rest[$0.upperBound...] } ?? ""
                continue
            }
            guard let first = rest.first, first.isLetter else { continue }
            let name = rest.prefix { $0.isLetter || $0.isNumber }
            rest = rest.dropFirst(name.count)
            var attributes: [String] = []
            while let next = rest.first, next != ">" {
                if next.isWhitespace || next == "/" {
                    rest = rest.dropFirst()
                    continue
                }
                let attribute = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != ">" && $0 != "/" }
                attributes.append(String(attribute))
                rest = rest.dropFirst(Swift.max(1, attribute.count))
                guard rest.first == "=" else { continue }
                rest = rest.dropFirst()
                if let quote = rest.first, quote == "\"" || quote == "'" {
                    rest = rest.dropFirst()
                    rest = rest.firstIndex(of: quote).map { rest[$0...].dropFirst() } ?? ""
                } else {
                    rest = rest.drop { !$0.isWhitespace && $0 != ">" }
                }
            }
            found.append(Element(name: name.lowercased(), attributes: attributes))
            if ["script", "style", "title"].contains(name.lowercased()) {
                rest = rest.range(of: "</\(name)").map { rest[$0.lowerBound...] } ?? ""
            }
        }
        return found
    }
}

extension RecordedRun {
    /// One level of four streams; `words` is what every text from outside says.
    static func sample(requests: Int = 40, words: String = "words") -> RecordedRun {
        var run = RecordedRun()
        run.run.complete = true
        run.run.seed = 7
        run.run.profileName = words
        run.run.label = words
        run.run.toolVersion = words
        run.run.startedAtUnixNanoseconds = 1_700_000_000_000_000_000
        run.run.warnings = [words]
        run.run.thresholds = [words]
        run.run.durationNanoseconds = 20_000_000_000
        var target = TargetRecord()
        (target.id, target.name, target.provider, target.model) = (1, words, words, words)
        (target.api, target.url, target.notes) = (words, words, [words])
        var limits = RateLimitRecord()
        limits.merge(RateLimitRecord.Limit(name: words, resource: "requests"), isLater: true)
        limits.note(5, of: words, at: 10_000_000_000)
        target.rateLimits = limits
        run.targets = [target]
        var phase = PhaseRecord()
        (phase.id, phase.target, phase.name, phase.kind) = (1, 1, words, .ramp)
        (phase.started, phase.ended) = (0, 20_000_000_000)
        run.phases = [phase]
        var step = StepRecord()
        (step.id, step.phase, step.kind, step.concurrency) = (1, 1, .level, 4)
        (step.started, step.settled, step.windowEnded, step.drained) = (0, 0, 19_000_000_000, 20_000_000_000)
        run.steps = [step]
        var incident = IncidentRecord()
        (incident.at, incident.ended, incident.detail) = (5_000_000_000, 6_000_000_000, words)
        run.incidents = [incident]
        let spacing = 18_000_000_000 / Int64(requests)
        for place in 0..<requests {
            var request = RequestRecord()
            request.sequence = Int64(place)
            (request.step, request.measured) = (1, true)
            (request.scheduled, request.dispatchLag, request.written) = (Int64(place) * spacing, 0, 100_000)
            request.firstToken = 20_000_000 + Int64(place * 7919 % 1000) * 10_000
            request.firstVisible = request.firstToken
            request.lastToken = (request.firstToken ?? 0) + 200_000_000
            request.ended = request.lastToken
            (request.outcome, request.useful) = (.ok, true)
            (request.inputTokens, request.outputTokens, request.tokenSource) = (10, 20, .usage)
            (request.events, request.tokenEvents, request.reads, request.tokenReads) = (20, 20, 20, 20)
            (request.textBytes, request.firstReadTextBytes) = (80, 4)
            var log = ArrivalLog()
            log.add(bin: (request.scheduled + (request.firstToken ?? 0)) / 1_000_000_000, events: 20, textBytes: 80)
            request.arrivals = log.take()
            run.requests.append(request)
        }
        var failure = RequestRecord()
        failure.sequence = Int64(requests)
        (failure.step, failure.measured, failure.scheduled, failure.dispatchLag) = (1, true, 18_000_000_000, 0)
        (failure.ended, failure.outcome, failure.httpStatus) = (5_000_000, .http5xx, 500)
        (failure.error, failure.detail, failure.note, failure.finish) = (words, words, words, words)
        run.requests.append(failure)
        return run
    }
}
