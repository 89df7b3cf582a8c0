public import Measurement

/// How a run is going, for whoever asks from another terminal.
public struct RunStatus: Sendable {
    public enum State: String, Sendable {
        case running
        case pausing  // when the stage or the burst is over
        case paused
        case stopping
    }

    public var state = State.running
    public var profile = ""
    public var result = ""
    public var elapsedSeconds = 0.0
    public var pausedSeconds: Double?
    public var target: String?
    public var phase: String?
    public var step: String?  // its kind
    public var concurrency: Int?
    public var stepSeconds: Double?
    public var stepLeftSeconds: Double?  // by the plan; nil = time does not decide
    public var inFlight = 0
    public var started: Int64 = 0
    public var ended: Int64 = 0
    public var unsuccessful: [Outcome: Int] = [:]
    public var tokenEvents: Int64 = 0

    public init() {}

    /// One line of JSON.
    public var json: String {
        JSONValue.object([
            .init("state", .string(state.rawValue)), .init("profile", .string(profile)),
            .init("result", .string(result)),
            .init("elapsed_s", JSONValue(elapsedSeconds)), .init("paused_s", JSONValue(pausedSeconds)),
            .init("target", JSONValue(target)), .init("phase", JSONValue(phase)), .init("step", JSONValue(step)),
            .init("concurrency", JSONValue(concurrency)), .init("step_elapsed_s", JSONValue(stepSeconds)),
            .init("step_left_s", JSONValue(stepLeftSeconds)), .init("in_flight", JSONValue(inFlight)),
            .init("requests_started", .integer(started)), .init("requests_ended", .integer(ended)),
            .init(
                "unsuccessful",
                .object(
                    unsuccessful.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                        .init($0.key.rawValue, JSONValue($0.value))
                    }
                )
            ),
            .init("token_events", .integer(tokenEvents)),
        ]).embedded
    }

    /// For a person, a line for each thing.
    public var text: String {
        var lines = ["\(SafeText.line(profile)): \(words)"]
        if let phase {
            var parts = [target, phase].compactMap { $0.map { SafeText.line($0, limit: 60) } }
            if let concurrency, concurrency > 0 {
                parts.append(
                    "\(step ?? "step") of \(Figure.count(concurrency)) \(concurrency == 1 ? "stream" : "streams")"
                )
            } else if let step {
                parts.append(step)
            }
            let begun = stepSeconds.map { " for \(Figure.duration(seconds: $0))" } ?? ""
            let left =
                stepLeftSeconds.flatMap { $0 > 0 ? ", \(Figure.duration(seconds: $0)) to go by the plan" : nil } ?? ""
            lines.append("\(parts.joined(separator: ", "))\(begun)\(left)")
        }
        let bad = unsuccessful.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.prefix(4).map {
            "\(Figure.count($0.value)) \($0.key.rawValue)"
        }
        lines.append(
            "\(Figure.count(inFlight)) in flight, \(Figure.count(ended)) of \(Figure.count(started)) requests ended"
                + (bad.isEmpty ? "" : " (\(bad.joined(separator: ", ")))")
                + ", \(Figure.count(tokenEvents)) token events"
        )
        lines.append("result: \(SafeText.line(result, limit: 1000))")
        return lines.map { $0.replacing("\u{A0}", with: " ") }.joined(separator: "\n")
    }

    private var words: String {
        let ran = "\(Figure.clock(seconds: elapsedSeconds)) since its start"
        return switch state {
        case .running: "running, \(ran)"
        case .pausing: "pauses when the present stage, or its burst, is over; \(ran)"
        case .paused: "paused for \(Figure.duration(seconds: pausedSeconds ?? 0)), \(ran)"
        case .stopping: "stopping, \(ran)"
        }
    }
}
