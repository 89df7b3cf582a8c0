import Measurement
import Testing

@testable import Report

@Suite struct RequestsCSVTests {
    private func csv(_ run: RecordedRun) -> String {
        var text = ""
        RequestsCSV.write(run, to: &text)
        return text
    }

    private var run: RecordedRun {
        var run = RecordedRun()
        var target = TargetRecord()
        target.id = 1
        target.name = "mine, \"quoted\""
        var phase = PhaseRecord()
        phase.id = 2
        phase.target = 1
        phase.name = "ramp"
        var step = StepRecord()
        step.id = 3
        step.phase = 2
        step.concurrency = 16
        var request = RequestRecord()
        request.step = 3
        request.sequence = 41
        request.measured = true
        request.scheduled = 1_000_000_000
        request.dispatchLag = 250_000
        request.written = 100_000
        request.firstToken = 210_500_000
        request.lastToken = 1_210_500_000
        request.outcome = .ok
        request.useful = true
        request.outputTokens = 101
        request.tokenSource = .usage
        request.tokenReads = 101
        request.textBytes = 404
        request.firstReadTextBytes = 4
        run.targets = [target]
        run.phases = [phase]
        run.steps = [step]
        run.requests = [request]
        return run
    }

    /// By RFC 4180.
    private func parse(_ text: String) -> [[String]] {
        var rows: [[String]] = [[""]]
        var quoted = false
        var characters = Array(text.unicodeScalars)[...]
        while let next = characters.popFirst() {
            let row = rows.count - 1
            let cell = rows[row].count - 1
            switch (next, quoted) {
            case ("\"", true) where characters.first == "\"":
                characters.removeFirst()
                rows[row][cell].unicodeScalars.append(next)
            case ("\"", _): quoted.toggle()
            case (",", false): rows[row].append("")
            case ("\r", false) where characters.first == "\n":
                characters.removeFirst()
                rows.append([""])
            default: rows[row][cell].unicodeScalars.append(next)
            }
        }
        return rows.dropLast()
    }

    @Test func `a request's row holds its figures by the contract's definitions`() throws {
        let rows = parse(csv(run))
        try #require(rows.count == 2)
        let row = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1]))
        #expect(rows[0].count == rows[1].count)
        let expected = [
            "target": "mine, \"quoted\"", "phase": "ramp", "phase_kind": "ramp", "step_kind": "level",
            "concurrency": "16",
            "burst": "", "rank": "", "measured": "1", "sequence": "41", "attempt": "0", "outcome": "ok", "useful": "1",
            "http_status": "", "scheduled_ms": "1000", "dispatch_lag_ms": "0.25", "connect_ms": "", "written_ms": "0.1",
            "ttft_ms": "210.5", "ttft_scheduled_ms": "210.75", "wait_ms": "210.4", "e2e_ms": "1210.5",
            "decode_tps": "100.000", "request_tps": "83.437", "output_tokens": "101", "token_source": "usage",
            "error": "",
        ]
        for (name, value) in expected { #expect(row[name] == value, "\(name)") }
    }

    @Test func `a run without requests is a header`() {
        #expect(parse(csv(RecordedRun())).count == 1)
    }

    @Test func `a request whose step is not known still has its row`() {
        var run = run
        run.steps = []
        #expect(parse(csv(run))[1][0] == "")
        #expect(parse(csv(run))[1].count == parse(csv(run))[0].count)
    }

    @Test(arguments: [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"), ("\r\n=1+1", "'=1+1"), ("＝1", "'＝1"), ("a,b", "\"a,b\""), ("say \"no\"", "\"say \"\"no\"\"\""),
        ("=\"x\"", "\"'=\"\"x\"\"\""), ("two\nlines", "two lines"), ("\u{1b}[31mred", "[31mred"), ("plain", "plain"),
        ("", ""),
    ])
    func `a text is no formula, no control and one cell`(text: String, cell: String) {
        #expect(RequestsCSV.text(text) == cell)
    }

    @Test(arguments: [
        (Int64(0), "0"), (1, "0.000001"), (210_500_000, "210.5"), (1_000_000, "1"), (-250_000, "-0.25"),
        (-1_000_000, "-1"),
        (.min, "-9223372036854.775808"),
    ])
    func `milliseconds are exact`(nanoseconds: Int64, text: String) {
        #expect(RequestsCSV.milliseconds(nanoseconds) == text)
    }
}
