public import Measurement

/// Thresholds and regressions as test cases, in the XML that CI servers read (the JUnit schema of Jenkins and GitLab).
///
/// A threshold that did not hold is a `failure`; a measurement that is the load generator's own, or a target that gave
/// nothing, is an `error`: then nothing was shown either way.
public enum JUnitReport {
    public static func render(_ result: RunResult) -> String {
        let name = result.run.profile.isEmpty ? "run" : result.run.profile
        var cases = [measurement(result)]
        cases += result.targets.filter(\.unusable).map { target in
            let why = target.givenUp ?? "nothing succeeded"
            return Case(suite: "target", name: target.name, outcome: .error, message: "unusable: \(why)")
        }
        cases += result.thresholds.map { threshold(in: "threshold", $0) }
        var properties = [
            ("verdict", result.validity.verdict.rawValue), ("seed", String(result.run.seed)),
            ("complete", String(result.run.complete)), ("simulated", String(result.run.simulated)),
        ]
        properties += result.validity.reasons.map { ("reason", $0) }
        properties += result.warnings.map { ("warning", $0) }
        let started = result.run.startedAtUnixNanoseconds
        return document(
            name,
            cases,
            properties,
            seconds: result.run.durationSeconds,
            timestamp: started > 0 ? UTCTime.rfc3339(unixNanoseconds: started) : nil
        )
    }

    /// `spate compare`: each limit of `--fail-on-regression` against each side.
    public static func render(_ comparison: ComparisonResult, regressions: [RegressionResult]) -> String {
        let properties = comparison.sides.map { ("verdict of \($0.name)", $0.validity.rawValue) }
        let cases = regressions.map { regression in
            Case(
                suite: "regression",
                name: regression.name,
                outcome: regression.passed ? .passed : regression.outcome == .undetermined ? .error : .failure,
                message: regression.said
            )
        }
        return document("compare", cases, properties, seconds: nil, timestamp: nil)
    }

    // MARK: Cases

    private struct Case {
        enum Outcome { case passed, failure, error }

        var suite: String
        var name: String
        var outcome: Outcome
        var message = ""
    }

    private static func measurement(_ result: RunResult) -> Case {
        let isInvalid = result.validity.verdict == .invalid
        return Case(
            suite: "measurement",
            name: "the load generator was fast enough",
            outcome: isInvalid ? .error : .passed,
            message: isInvalid ? result.validity.reasons.joined(separator: "; ") : ""
        )
    }

    private static func threshold(in suite: String, _ threshold: ThresholdResult) -> Case {
        let value = threshold.value.map { "value \(Figure.plain($0))\(threshold.unit)" }
        let message = [value, threshold.note].compactMap { $0 }.joined(separator: ", ")
        return Case(
            suite: suite,
            name: threshold.expression,
            outcome: threshold.passed ? .passed : .failure,
            message: message
        )
    }

    // MARK: XML

    private static func document(
        _ name: String,
        _ cases: [Case],
        _ properties: [(String, String)],
        seconds: Double?,
        timestamp: String?
    ) -> String {
        let counts =
            "tests=\"\(cases.count)\" failures=\"\(cases.count { $0.outcome == .failure })\" "
            + "errors=\"\(cases.count { $0.outcome == .error })\""
        let time = seconds.map { " time=\"\(Figure.fixed($0, 3))\"" } ?? ""
        let when = timestamp.map { " timestamp=\"\(escaped($0))\"" } ?? ""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"spate\" \(counts)\(time)>\n"
        text += "  <testsuite name=\"\(escaped(name))\" \(counts) skipped=\"0\"\(time)\(when)>\n    <properties>\n"
        for (key, value) in properties {
            text += "      <property name=\"\(escaped(key))\" value=\"\(escaped(value))\"/>\n"
        }
        text += "    </properties>\n"
        for each in cases {
            text +=
                "    <testcase classname=\"spate.\(escaped(name)).\(each.suite)\" name=\"\(escaped(each.name))\" time=\"0\""
            switch each.outcome {
            case .passed: text += "/>\n"
            case .failure: text += "><failure message=\"\(escaped(each.message))\"/></testcase>\n"
            case .error: text += "><error message=\"\(escaped(each.message))\"/></testcase>\n"
            }
        }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    /// What XML 1.0 allows in an attribute; of anything else nothing is left (2.2, "Characters").
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result += " "
            case _ where SafeText.isHarmful(scalar): break
            case "\u{fffe}", "\u{ffff}": break
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
