import Profile
import Testing

/// Each row: what a person writes, and the whole message they get.
@Suite struct BadInputTests {
    static let syntax: [(String, String)] = [
        ("", "p.yaml:1: the profile is empty; it needs phases at least"),
        ("# nothing but this\n", "p.yaml:1: the profile is empty; it needs phases at least"),
        ("{}", "p.yaml:1: the profile is empty; it needs phases at least"),
        ("just words", "p.yaml:1: read \"just words\"; allowed: a map of keys"),
        ("phases:\n\t- idle: 1s\n", "p.yaml:2: a tab in the indentation; YAML allows spaces only"),
        ("phases: [idle: 1s\nname: x\n", "p.yaml:2: not YAML: did not find expected ',' or ']', at column 5"),
        (ramp + "seed: 1\nseed: 2\n", "p.yaml:2: the key \"seed\" appears twice; once is allowed"),
        (ramp + "---\nphases: []\n", "p.yaml:2: not YAML: but found another document, at column 1"),
    ]

    @Test(arguments: syntax)
    func `what is no profile says so and where`(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    static let keys: [(String, String)] = [
        (
            ramp + "phase: []\n",
            "p.yaml:2: phase: unknown key; allowed: name, seed, providers, targets, workload, limits, warmup, phases, order, "
                + "windows, retries, timeouts, drain, slo, thresholds, output; did you mean phases?"
        ),
        (
            "phases:\n  - ramp: {concurrency: [1], hld: 10s}\n",
            "p.yaml:2: phases.0.ramp.hld: unknown key; allowed: concurrency, from, to, factor, hold, settle, hold_max, "
                + "direction, min_requests; "
                + "did you mean hold?"
        ),
        (
            ramp + "output: {requests: sample}\n",
            "p.yaml:2: output.requests: read \"sample\"; allowed: all, sampled, failures; did you mean sampled?"
        ),
        (
            "phases:\n  - ramp: {concurrency: [1], hold: 10}\n",
            "p.yaml:2: phases.0.ramp.hold: read \"10\"; allowed: a duration such as 250ms, 10s, 5m or 2h; a unit is missing"
        ),
        (
            "phases:\n  - ramp: {concurrency: [1], hold: 10 sec}\n",
            "p.yaml:2: phases.0.ramp.hold: read \"10 sec\"; allowed: a duration such as 250ms, 10s, 5m or 2h"
        ),
        (
            "phases:\n  - ramp: {concurrency: [1], hold: -5s}\n",
            "p.yaml:2: phases.0.ramp.hold: read \"-5s\"; allowed: a duration such as 250ms, 10s, 5m or 2h"
        ),
        (
            "phases:\n  - ramp: {concurrency: [1], hold: 0s}\n",
            "p.yaml:2: phases.0.ramp.hold: read \"0s\"; allowed: a duration such as 250ms, 10s, 5m or 2h, more than 0"
        ),
        (
            ramp + "limits: {max_cost: 5 EUR}\n",
            "p.yaml:2: limits.max_cost: read \"5 EUR\"; allowed: an amount of dollars such as $5 or 0.25"
        ),
        (
            ramp + "limits: {max_requests: many}\n",
            "p.yaml:2: limits.max_requests: read \"many\"; allowed: a whole number from 1 to 9223372036854775807"
        ),
        (
            ramp + "workload: {prompts: {synthetic: {input_tokens: 512}, cache: never}}\n",
            "p.yaml:2: workload.prompts.cache: read \"never\"; allowed: avoid, allow"
        ),
        (
            ramp + "name: a/b\n",
            "p.yaml:2: name: read \"a/b\"; allowed: 1 to 64 letters, digits, dots, dashes and underscores"
        ),
    ]

    @Test(arguments: keys)
    func `a bad key or value names file, line, key, what was read and what is allowed`(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    static let shapes: [(String, String)] = [
        (
            "name: x\n",
            "p.yaml:1: phases: missing; a profile needs at least one of ramp, idle, burst, steady, rate, replay, batch, probe, keepwarm"
        ),
        (
            "phases: []\n",
            "p.yaml:1: phases: read an empty list; allowed: at least one of ramp, idle, burst, steady, rate, replay, batch, probe, keepwarm"
        ),
        (
            phases("  - ramp: {concurrency: []}\n"),
            "p.yaml:2: phases.0.ramp.concurrency: read an empty list; allowed: 1 to 1000 levels"
        ),
        (
            phases("  - ramp: {}\n"),
            "p.yaml:2: phases.0.ramp.concurrency: missing; a ramp needs concurrency: [1, 2, 4], or from, to and factor"
        ),
        (
            phases("  - ramp:\n"),
            "p.yaml:2: phases.0.ramp.concurrency: missing; a ramp needs concurrency: [1, 2, 4], or from, to and factor"
        ),
        (
            phases("  - ramp: {concurrency: [1, 0]}\n"),
            "p.yaml:2: phases.0.ramp.concurrency.1: read \"0\"; allowed: a whole number from 1 to 5000 (limits.max_in_flight)"
        ),
        (
            phases("  - ramp: {concurrency: [1, -4]}\n"),
            "p.yaml:2: phases.0.ramp.concurrency.1: read \"-4\"; allowed: a whole number from 1 to 5000 (limits.max_in_flight)"
        ),
        (
            phases("  - ramp: {concurrency: [1000000]}\n"),
            "p.yaml:2: phases.0.ramp.concurrency.0: read \"1000000\"; allowed: a whole number from 1 to 5000 "
                + "(limits.max_in_flight)"
        ),
        (
            phases("  - steady: {concurrency: 99999999999999999999, for: 1m}\n"),
            "p.yaml:2: phases.0.steady.concurrency: read \"99999999999999999999\"; allowed: a whole number from 1 to 5000 "
                + "(limits.max_in_flight)"
        ),
        (
            phases("  - ramp: {concurrency: [1, two]}\n"),
            "p.yaml:2: phases.0.ramp.concurrency.1: read \"two\"; allowed: a whole number from 1 to 5000 (limits.max_in_flight)"
        ),
        (
            phases("  - ramp: {concurrency: [1], hold: 5s, settle: 5s}\n"),
            "p.yaml:2: phases.0.ramp.settle: read 5s; allowed: less than hold (5s), or nothing is measured"
        ),
        (
            phases("  - ramp: {concurrency: [1], hold: 30s, hold_max: 10s}\n"),
            "p.yaml:2: phases.0.ramp.hold_max: read 10s; allowed: hold (30s) or more"
        ),
        (
            phases("  - ramp: {from: 8, to: 2}\n"),
            "p.yaml:2: phases.0.ramp.from: read 8, more than to (2); a list may fall, a range rises"
        ),
        (
            phases("  - ramp: {concurrency: [1], from: 1}\n"),
            "p.yaml:2: phases.0.ramp.concurrency: read a list beside from; allowed: concurrency, or from, to and factor"
        ),
        (
            phases("  - burst: {repeat: 3}\n"),
            "p.yaml:2: phases.0.burst.requests: missing; the width of the burst, e.g. 64"
        ),
        (
            phases("  - burst: {requests: 4, connections: hot}\n"),
            "p.yaml:2: phases.0.burst.connections: read \"hot\"; allowed: cold, preopened, warm"
        ),
        (
            phases("  - steady: {concurrency: 4}\n"),
            "p.yaml:2: phases.0.steady.for: missing; a duration such as 250ms, 10s, 5m or 2h"
        ),
        (
            phases("  - ramp: {concurrency: [1]}\n    idle: 5s\n"),
            "p.yaml:2: phases.0: read a map of ramp, idle; allowed: one phase, such as ramp: {concurrency: [1, 2, 4]} "
                + "(each with a dash of its own)"
        ),
        (
            phases("  - rmap: {concurrency: [1]}\n"),
            "p.yaml:2: phases.0.rmap: unknown phase; allowed: ramp, idle, burst, steady, rate, replay, batch, probe, keepwarm; did you mean ramp?"
        ),
    ]

    @Test(arguments: shapes)
    func `an impossible shape is refused with what is allowed`(text: String, message: String) {
        #expect(problems(text) == [message])
    }

    @Test(arguments: [
        (
            "windows: {count: 6}",
            "windows.every: missing; with several windows it says how far apart they start"
        ),
        ("retries: 200", "retries: read \"200\"; allowed: a whole number from 0 to 20"),
        (
            "timeouts: {connect: 10m}",
            "timeouts.connect: read \"10m\"; allowed: a duration such as 250ms, 10s, 5m or 2h, at most 300s"
        ),
    ])
    func `windows and retries have their bounds`(key: String, message: String) {
        #expect(problems(ramp + key) == ["p.yaml:2: " + message])
    }

    @Test func `all faults are reported at once, by line`() {
        let text = """
            name: ok
            seed: -1
            phases:
              - ramp: {concurrency: [], hold: 1}
              - bust: {}
            limits: {max_cost: much}
            """
        #expect(
            problems(text).map { $0.prefix { $0 != " " } } == [
                "p.yaml:2:", "p.yaml:4:", "p.yaml:4:", "p.yaml:5:", "p.yaml:6:",
            ]
        )
    }

    @Test func `a plan that must exceed its limits is refused`() {
        #expect(
            problems(ramp + "limits: {max_requests: 20}")
                == ["p.yaml:2: limits.max_requests: read 20; the plan asks for at least 53 requests"]
        )
        #expect(
            problems(ramp + "workload: {ignore_eos: true, max_tokens: 100}\nlimits: {max_output_tokens: 5_000}")
                == [
                    "p.yaml:3: limits.max_output_tokens: read 5000; the plan asks for at least 53 answers of 100 tokens"
                ]
        )
        #expect(problems(ramp + "limits: {max_requests: 53}").isEmpty)
    }

    @Test func `a cap on cost needs a price`() {
        let target = "targets: [{url: 'http://127.0.0.1:1/v1', model: m}]\nlimits: {max_cost: $1}\n"
        #expect(
            problems(ramp + target)
                == [
                    "p.yaml:3: targets.0.price: max_cost needs prices, and that of 127.0.0.1:1/m is unknown; "
                        + "write price: {input: ..., output: ...}"
                ]
        )
    }

    @Test func `a document that names a list a million times over is refused`() {
        var text = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for (last, name) in zip("abcdefg", "bcdefgh") {
            text += "\(name): &\(name) [\(Array(repeating: "*\(last)", count: 10).joined(separator: ", "))]\n"
        }
        #expect(
            problems(text) == [
                "p.yaml:1: too large or too deep: a profile has at most 100,000 values, 64 levels and texts as keys"
            ]
        )
    }

    @Test func `a file that is missing, a folder or no text is said to be so`() throws {
        for (path, message) in [
            ("/nonexistent/p.yaml", "/nonexistent/p.yaml: the file cannot be read: No such file or directory"),
            ("/tmp", "/tmp: the file cannot be read: it is a folder"),
            ("/bin/ls", "/bin/ls: the file is not UTF-8 text"),
        ] {
            let error = #expect(throws: ProfileError.self) { try ProfileDocument(file: path) }
            #expect(error?.description == message)
        }
    }
}
