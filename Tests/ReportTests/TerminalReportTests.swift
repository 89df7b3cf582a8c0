import Measurement
import Testing
import Ticks

@testable import Report

@Suite struct TerminalReportTests {
    private func render(
        _ result: RunResult,
        width: Int = 100,
        colour: Bool = false,
        unicode: Bool = true,
        isFull: Bool = true
    ) -> String {
        let style = TerminalStyle(width: width, colour: colour, unicode: unicode)
        return TerminalReport.render(result, style: style, files: ["results/latest/summary.json"], isFull: isFull)
    }

    /// The text without its layout.
    private func words(_ text: String) -> String { text.split { $0.isWhitespace }.joined(separator: " ") }

    @Test(
        arguments: [
            ("terminal-100.txt", 100, true, true), ("terminal-80-ascii.txt", 80, false, true),
            ("brief-80.txt", 80, true, false),
        ]
    )
    func `a whole report looks as it was found good`(file: String, width: Int, unicode: Bool, isFull: Bool) throws {
        #expect(try render(Samples.result, width: width, unicode: unicode, isFull: isFull) == Golden.read(file))
    }

    @Test func `what was found stands first, before the tables, and again last`() throws {
        let lines = render(Samples.result, isFull: false).split(separator: "\n").map(String.init)
        let found = try #require(Samples.result.headline.first?.text)
        let places = lines.indices.filter { lines[$0].trimmingPrefix(" ") == found }
        #expect(places.count == 2)
        let table = try #require(lines.firstIndex { $0.hasPrefix("Ramp") })
        #expect(places[0] < table && places[1] > table)
        #expect(lines.last == " More: spate report --full results/latest")
    }

    @Test(arguments: [60, 80])
    func `a narrow terminal breaks no row of the ramp, and 80 columns hold all of it`(width: Int) {
        var result = Samples.result
        result.targets[0].phases[0].steps[2].validity.load = .suspect
        let text = render(result, width: width, isFull: false)
        for line in text.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= width, "\(line)") }
        let rows = text.split(separator: "\n").filter { $0.contains("100 %") || $0.contains("97 %") }
        #expect(rows.count >= 2)
        #expect(text.contains("too narrow for: decode kept") == (width == 60))
        #expect(text.contains("\n ?      16"))
    }

    @Test func `words of a server are shown whole, however long`() {
        var result = Samples.result
        let long = (1...200).map { "word\($0)" }.joined(separator: " ")
        result.targets[0].failures[0].words = long
        result.thresholds[0].note = long
        for isFull in [true, false] { #expect(words(render(result, isFull: isFull)).contains(long)) }
    }

    @Test(arguments: [72, 80, 100, 132])
    func `no line is wider than the terminal`(width: Int) {
        for line in render(Samples.everything, width: width).split(separator: "\n") {
            #expect(DisplayWidth.of(String(line)) <= width, "\(line)")
        }
    }

    @Test func `a ramp of six levels and two bursts take 30 lines of 80 columns`() {
        var result = Samples.result
        result.thresholds = []
        result.warnings = []
        result.headline.removeLast()
        var target = result.targets[0]
        target.failures = []
        target.totals.requests.failed = 0
        target.totals.requests.throttled = 0
        target.totals.outcomes = [.ok: 936]
        target.phases.removeLast()
        target.phases[0].steps.append(contentsOf: target.phases[0].steps.prefix(2))
        result.targets = [target]
        let lines = render(result, width: 80, isFull: false).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.dropLast().count <= 30, "\(lines.joined(separator: "\n"))")
    }

    @Test func `without colour there is no escape byte, and ASCII means every byte`() {
        #expect(!render(Samples.everything).utf8.contains(0x1b))
        #expect(render(Samples.everything, unicode: false).utf8.allSatisfy { $0 == 0x0a || (0x20...0x7e).contains($0) })
    }

    @Test func `colour changes no letter`() {
        let plain = render(Samples.result)
        let coloured = render(Samples.result, colour: true)
        #expect(coloured.utf8.contains(0x1b))
        // Badges take a blank on either side; apart from blanks and line breaks the words are the same.
        let bare = coloured.replacing(/\u{1b}\[[0-9;]*m/, with: "")
        #expect(bare.split { $0.isWhitespace } == plain.split { $0.isWhitespace })
    }

    @Test func `a run that is not valid says so in its first line`() {
        var result = Samples.result
        result.validity.verdict = .invalid
        result.validity.reasons = ["dispatch lag p99 25 ms, limit 10 ms", "second reason"]
        let first = render(result).split(separator: "\n").first
        #expect(first?.hasPrefix("INVALID  dispatch lag p99 25 ms, limit 10 ms") == true)
        let coloured = render(result, colour: true)
        #expect(coloured.hasPrefix("\u{1b}[1;37;41m INVALID \u{1b}[0m"))
        result.validity.verdict = .suspect
        #expect(render(result).hasPrefix("SUSPECT  "))
    }

    /// A mark is named where there is one: a phase of one load has no table of loads.
    @Test(arguments: [PhaseKind.ramp, .burst, .probe, .steady, .batch])
    func `a mark that is named is in a table`(kind: PhaseKind) {
        var result = Samples.result
        var disturbed = RowValidity()
        disturbed.latencies = .suspect
        result.validity.verdict = .suspect
        result.targets[0].phases.removeAll { $0.kind != (kind == .burst ? .burst : .ramp) }
        for place in result.targets[0].phases.indices {
            result.targets[0].phases[place].kind = kind
            switch kind {
            case .burst: result.targets[0].phases[place].bursts[0].validity = disturbed
            case .ramp: result.targets[0].phases[place].steps[0].validity = disturbed
            default:
                result.targets[0].phases[place].steps.removeAll()
                result.targets[0].phases[place].rowValidity = disturbed
            }
        }
        let lines = render(result).split(separator: "\n")
        #expect(lines.first?.contains("disturbed by the load generator") == true, "\(lines)")
        let isNamed = lines.first?.contains("(marked ?)") == true
        #expect(isNamed == lines.contains { $0.hasPrefix("?") || $0.hasPrefix(" ?") }, "\(lines)")
        #expect(isNamed == (kind == .ramp || kind == .burst))
    }

    @Test func `a valid run of a real service begins with its own title`() {
        var result = Samples.result
        result.run.simulated = false
        #expect(render(result).hasPrefix(" ramp-then-burst · simulated · sim · "))
    }

    @Test func `what went against the plan stands on top`() {
        var result = Samples.result
        result.run.complete = false
        result.run.interrupted = true
        result.run.stoppedBy = "max_cost"
        result.run.fast = true
        result.targets[0].insecure = true
        result.targets[0].unusable = true
        let words = render(result).split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(
            words.filter { $0 == $0.uppercased() && $0.count > 3 }.prefix(7)
                == ["INCOMPLETE", "INTERRUPTED", "STOPPED", "FAST", "INSECURE", "UNUSABLE", "SIMULATED,"]
        )
    }

    @Test func `words of a server cannot move the cursor, forge a line or leave the table`() {
        let hostile =
            "\u{1b}[2J\u{1b}]0;pwned\u{7}\r\n valid: forged\u{9b}31m\u{202e}\u{2028}| a | b |"
            + String(repeating: "x", count: 500)
        var result = Samples.result
        result.targets[0].name = hostile
        result.targets[0].model = hostile
        result.targets[0].notes = [hostile]
        result.targets[0].failures[0].words = hostile
        result.targets[0].failures[0].detail = hostile
        result.warnings = [hostile]
        result.run.label = hostile
        result.validity.reasons = [hostile]
        result.validity.verdict = .suspect
        let text = render(result)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !SafeText.isHarmful($0) })
        #expect(!text.contains("\n valid: forged"))
        for line in text.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= 100, "\(line)") }
    }

    @Test func `an empty run and empty phases render`() {
        #expect(render(RunResult()).contains("INCOMPLETE"))
        for kind in [
            PhaseKind.warmup, .ramp, .idle, .burst, .steady, .rate, .replay, .batch, .probe, .keepwarm,
        ] {
            var result = RunResult()
            var target = TargetResult()
            var phase = PhaseResult()
            phase.kind = kind
            target.phases = [phase]
            result.targets = [target]
            let text = render(result)
            #expect(text.contains("no request was sent") == (kind != .warmup && kind != .idle), "\(kind)")
            // And with requests of which nothing is known.
            result.targets[0].phases[0].stats.requests.scheduled = 3
            result.targets[0].phases[0].steps = [StepResult()]
            result.targets[0].phases[0].bursts = [BurstResult()]
            result.targets[0].phases[0].knee = KneeResult()
            result.targets[0].phases[0].transition = TransitionResult()
            result.targets[0].phases[0].consistency = ConsistencyResult()
            result.targets[0].phases[0].keepwarm = KeepwarmResult()
            #expect(!render(result).contains("nil"))
        }
    }

    @Test func `the decode column is there only where it parts from what is kept`() {
        #expect(render(Samples.result).contains("decode"))
        var result = Samples.result
        for index in result.targets[0].phases[0].steps.indices {
            result.targets[0].phases[0].steps[index].decodeRetention =
                result.targets[0].phases[0].steps[index].retention
        }
        #expect(!render(result).contains("decode"))
        #expect(!render(result).contains("queue or prefill"))
    }

    @Test func `an open loop's table says that its TTFT counts from the schedule`() {
        var result = Samples.result
        var phase = Samples.ramp
        phase.kind = .rate
        phase.loop = .open
        for index in phase.steps.indices {
            phase.steps[index].rps = Double(phase.steps[index].concurrency ?? 0)
            phase.steps[index].concurrency = nil
            phase.steps[index].stats.ttftScheduledMilliseconds = Samples.distribution(777, 888)
        }
        result.targets[0].phases = [phase]
        let text = render(result)
        #expect(text.contains("scheduled"))
        #expect(text.contains("777 ms") && text.contains("888 ms") && !text.contains("610 ms"))
        phase.steps = [phase.steps[0]]
        result.targets[0].phases = [phase]
        #expect(words(render(result)).contains("TTFT from due 777 ms 888 ms"))
    }

    @Test func `a knee that was not reached is an answer`() {
        var result = Samples.result
        result.targets[0].phases[0].knee = KneeResult()
        let text = render(result)
        #expect(text.contains("Knee: not reached (> 32 streams)."))
        #expect(!text.contains("← knee"))
    }

    @Test func `of one burst nothing is said twice, and a server that stayed warm was so at once`() {
        var result = Samples.result
        var phase = Samples.burst
        phase.bursts = [phase.bursts[0]]
        phase.bursts[0].timeToRecoverSeconds = 0.0001
        phase.transition?.bursts = 1
        phase.transition?.censored = 0
        result.targets[0].phases = [phase]
        let text = words(render(result))
        #expect(text.contains("at once"))
        #expect(!text.contains("Over 1"))
        #expect(!text.contains("median of n ="))
    }

    @Test func `a ramp too short to say what is kept says so`() {
        let sentence = "Kept is missing"
        #expect(!render(Samples.result).contains(sentence))
        var result = Samples.result
        for index in result.targets[0].phases[0].steps.indices {
            result.targets[0].phases[0].steps[index].retention = nil
        }
        #expect(render(result).contains(sentence))
    }

    @Test func `throttled requests get a column when there are any`() {
        #expect(!render(Samples.result).contains("throttled\n"))
        var result = Samples.result
        result.targets[0].phases[0].steps[3].stats.requests.throttled = 17
        #expect(render(result, width: 132).contains("throttled"))
        #expect(render(result, width: 132).contains("17"))
    }

    @Test func `nothing went wrong is not a section`() {
        var result = Samples.result
        result.targets[0].failures = []
        result.targets[0].totals.requests.failed = 0
        result.targets[0].totals.requests.throttled = 0
        #expect(!render(result).contains("What went wrong"))
    }

    @Test(arguments: [
        (1900.0, "ms", "1.90 s"), (0.4, "s", "400 ms"), (1.24, "%", "1.2 %"), (0.6, "", "0.60"),
        (12, "req/s", "12.0 req/s"),
        (0.4, "$", "$0.40"),
    ])
    func `a threshold's value is read in its unit`(value: Double, unit: String, text: String) {
        var result = RunResult()
        var threshold = ThresholdResult()
        threshold.expression = "e"
        threshold.value = value
        threshold.unit = unit
        threshold.passed = true
        result.thresholds = [threshold]
        #expect(words(render(result)).contains("passed e \(text)"))
        #expect(render(result).contains("Thresholds: all passed"))
    }
}
