public import Measurement
import Ticks

/// A run's telemetry in Prometheus' text format 0.0.4.
public enum PrometheusReport {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// - Parameter isOver: the run has ended, and its figures are the last.
    public static func text(_ run: RunTelemetry, id: String, version: String, isOver: Bool) -> String {
        var page = Page()
        page.family("spate_run_info", "gauge", "The run.") { [(["id": id, "version": version], 1)] }
        page.family("spate_run_over", "gauge", "Whether the run has ended, so that these are its last figures.") {
            [([:], isOver ? 1 : 0)]
        }
        page.family("spate_elapsed_seconds", "gauge", "Since the run's start.") { [([:], run.elapsedSeconds)] }
        page.family("spate_step", "gauge", "Streams asked for by the step that is under way.") {
            run.current.map { current in
                [(labels(current.place, ["kind": current.step.kind.rawValue]), Double(current.step.concurrency))]
            } ?? []
        }
        let parts = run.parts.sorted { $0.key < $1.key }
        page.family("spate_requests_total", "counter", "Requests that ended, without warm-ups, by outcome.") {
            outcomes(parts)
        }
        page.family("spate_warmup_requests_total", "counter", "Warm-up requests that ended, by outcome.") {
            outcomes(run.warmups.sorted { $0.key < $1.key })
        }
        let counters: [(String, String, (RunTelemetry.Part) -> Double)] = [
            ("spate_useful_requests_total", "Answers of use.", { Double($0.useful) }),
            ("spate_input_tokens_total", "Input tokens.", { Double($0.inputTokens) }),
            ("spate_cached_input_tokens_total", "Of them from the server's cache.", { Double($0.cachedInputTokens) }),
            ("spate_output_tokens_total", "Output tokens, reasoning included.", { Double($0.outputTokens) }),
            ("spate_reasoning_tokens_total", "Of them reasoning.", { Double($0.reasoningTokens) }),
        ]
        for (name, help, value) in counters {
            page.family(name, "counter", help) { parts.map { (labels($0.key), value($0.value)) } }
        }
        page.family("spate_in_flight", "gauge", "Requests in flight, warm-ups included.") {
            Set(run.parts.keys).union(run.warmups.keys).sorted().map { place in
                let all = (run.parts[place]?.inFlight ?? 0) + (run.warmups[place]?.inFlight ?? 0)
                return (labels(place), Double(max(0, all)))
            }
        }
        page.histogram("spate_ttft_seconds", "First token − dispatched, of successes.", parts, \.ttft)
        page.histogram("spate_ttft_scheduled_seconds", "First token − scheduled, of successes.", parts, \.ttftScheduled)
        page.histogram("spate_e2e_seconds", "Last token − dispatched, of successes.", parts, \.e2e)
        page.family("spate_incidents_total", "counter", "Incidents, by kind and side.") {
            run.incidents.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
                (["kind": $0.key[0], "side": $0.key[1]], Double($0.value))
            }
        }
        let loops = run.loops.sorted { $0.key < $1.key }
        page.family("spate_loop_cpu_seconds_total", "counter", "CPU time of the load generator's loops.") {
            loops.map { (["loop": "\($0.key)"], $0.value.cpuSeconds) }
        }
        page.family("spate_connections_opened_total", "counter", "Connections opened.") {
            loops.map { (["loop": "\($0.key)"], Double($0.value.connectionsOpened)) }
        }
        page.family("spate_resident_memory_bytes", "gauge", "Memory of the load generator.") {
            [([:], Double(run.residentBytes))]
        }
        page.family("spate_open_descriptors", "gauge", "Descriptors of the load generator.") {
            [([:], Double(run.descriptors))]
        }
        return page.text
    }

    private typealias Parts = [(key: RunTelemetry.Place, value: RunTelemetry.Part)]

    private static func labels(_ place: RunTelemetry.Place, _ more: [String: String] = [:]) -> [String: String] {
        more.merging(["target": place.target, "phase": place.phase]) { first, _ in first }
    }

    private static func outcomes(_ parts: Parts) -> [([String: String], Double)] {
        parts.flatMap { place, part in
            part.outcomes.sorted { $0.key.rawValue < $1.key.rawValue }.map {
                (labels(place, ["outcome": $0.key.rawValue]), Double($0.value))
            }
        }
    }

    private struct Page {
        var text = ""

        mutating func family(
            _ name: String,
            _ kind: String,
            _ help: String,
            _ series: () -> [([String: String], Double)]
        ) {
            let series = series()
            if series.isEmpty { return }
            head(name, kind, help)
            for (labels, value) in series { line(name, labels, value) }
        }

        mutating func histogram(
            _ name: String,
            _ help: String,
            _ parts: Parts,
            _ times: KeyPath<RunTelemetry.Part, RunTelemetry.Times>
        ) {
            if parts.isEmpty { return }
            head(name, "histogram", help)
            for (place, part) in parts {
                let times = part[keyPath: times]
                var below = 0
                for (bound, count) in zip(RunTelemetry.Times.bounds.map(Self.number) + ["+Inf"], times.counts) {
                    below += count
                    line(name + "_bucket", labels(place, ["le": bound]), Double(below))
                }
                line(name + "_sum", labels(place), times.sum)
                line(name + "_count", labels(place), Double(times.count))
            }
        }

        private mutating func head(_ name: String, _ kind: String, _ help: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        }

        private mutating func line(_ name: String, _ labels: [String: String], _ value: Double) {
            text += name
            if !labels.isEmpty {
                let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
                text += "{\(pairs.joined(separator: ","))}"
            }
            text += " \(Self.number(value))\n"
        }

        private static func escaped(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        }

        /// Whole numbers without a point.
        private static func number(_ value: Double) -> String {
            if let whole = Int64(exactly: value) { return "\(whole)" }
            return "\(value)"
        }
    }
}
