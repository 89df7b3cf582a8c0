import Testing

@testable import Profile

@Suite struct UnitsTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
        ("1.5s", .milliseconds(1500)), ("1h30m", .seconds(5400)), ("500us", .microseconds(500)), ("0", .zero),
        ("0s", .zero), ("1_000ms", .seconds(1)), ("0.1s", .milliseconds(100)), ("1m0.25s", .milliseconds(60_250)),
    ])
    func `a duration is so long`(text: String, expected: Duration) {
        #expect(Units.duration(text) == expected)
    }

    @Test(arguments: [
        "", "10", "s", "10 s", "-5s", "5 minutes", "5sec", "1s1s", "1s1m", "1d", "1e9999s", "9999999999h", "1..5s",
        "1.s.", "٣s",
        "_1s", "1__0s", ".5s",
    ])
    func `what is no duration is none`(text: String) {
        #expect(Units.duration(text) == nil)
    }

    @Test(arguments: [
        Duration.zero, .milliseconds(250), .seconds(90), .seconds(7200), .nanoseconds(1), .milliseconds(1500),
        .seconds(3661), .microseconds(4500),
    ])
    func `a duration that was written reads back the same`(duration: Duration) {
        #expect(Units.duration(Units.text(duration)) == duration)
    }

    @Test func `a duration is written in the coarsest unit that holds it whole`() {
        #expect(Units.text(.seconds(90)) == "90s")
        #expect(Units.text(.seconds(120)) == "2m")
        #expect(Units.text(.milliseconds(1500)) == "1500ms")
    }

    @Test(arguments: [("$5", 5.0), ("$2.50", 2.5), ("0.4", 0.4), ("1_000", 1000)])
    func `money is dollars`(text: String, expected: Double) { #expect(Units.money(text) == expected) }

    @Test(arguments: ["5€", "$", "$-1", "-1", "5 USD", "nan", "inf", "$$5", "0x10"])
    func `what is no money is none`(text: String) { #expect(Units.money(text) == nil) }

    @Test(arguments: [("5_000_000", 5_000_000), ("12", 12), ("-4", -4)])
    func `whole numbers may be grouped`(text: String, expected: Int) { #expect(Units.integer(text) == expected) }

    @Test(arguments: ["1.5", "_1", "1_", "1__2", "ten", "", "99999999999999999999"])
    func `what is no whole number is none`(text: String) { #expect(Units.integer(text) == nil) }
}

@Suite struct SpellingTests {
    @Test(arguments: [
        ("kitten", "sitting", 3), ("hold", "hodl", 1), ("", "abc", 3), ("ramp", "ramp", 0), ("ca", "abc", 3),
    ])
    func `the distance counts insertions, deletions, substitutions and swaps`(a: String, b: String, expected: Int) {
        #expect(Spelling.distance(a, b) == expected)
        #expect(Spelling.distance(b, a) == expected)
    }

    @Test func `the nearest word is found, and none is invented`() {
        let words = ["concurrency", "hold", "settle"]
        #expect(Spelling.nearest(to: "concurency", among: words) == "concurrency")
        #expect(Spelling.nearest(to: "Hold", among: words) == "hold")
        #expect(Spelling.nearest(to: "banana", among: words) == nil)
        #expect(Spelling.nearest(to: "x", among: []) == nil)
    }

    @Test(arguments: [
        (250, "250ms"), (999, "999ms"), (1000, "1s"), (9566, "9.6s"), (9999, "10s"), (45_000, "45s"), (60_000, "1m"),
        (408_000, "6m48s"), (3_600_000, "1h"), (10_000_000, "2h46m"), (0, "0ms"),
    ])
    func `a plan's times read as people say them`(milliseconds: Int, text: String) {
        #expect(Units.rounded(.milliseconds(milliseconds)) == text)
    }
}
