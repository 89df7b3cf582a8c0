import Measurement

/// Open loops, as the report says them.
enum RateSection {
    /// Steps at request rates: what was asked for against what was done.
    static func blocks(_ phase: PhaseResult) -> [Block] {
        let table = TextTable(
            columns
                + ([TableColumn("tokens/s", of: .outputTokensPerSecond)] + LoadColumns.ttft(phase)
                + [TableColumn("from sending", "TTFT p95", dropRank: 2, of: .ttft, at: "p95")]
                + LoadColumns.tail(phase)).map { $0.of(\.stats) }
                + [
                    TableColumn("held", "back", when: phase.steps.contains { ($0.openLoop?.cappedShare ?? 0) > 0 }) {
                        Figure.wholePercent(share: $0.openLoop?.cappedShare)
                    }
                ],
            phase.steps,
            mark: givenUp,
            isDisturbed: { $0.validity.isDisturbed }
        )
        return [
            .heading("\(PhaseSection.heading(phase)): what happens as requests come faster"),
            .detail(.sentence(explanation, .dim)),
            .table(table),
        ] + [LoadColumns.roughSentence(phase)].compactMap { $0 }.map { .sentence($0, .dim) }
            + phase.steps.compactMap(saturation).map { .sentence($0) }
    }

    /// What was asked for, what was sent, what was answered.
    static var columns: [TableColumn<StepResult>] {
        [
            TableColumn("due", "req/s", tone: .strong) {
                ramp($0) ?? Figure.rate($0.openLoop?.offeredRPS ?? $0.rps)
            },
            TableColumn("sent", "req/s") { Figure.rate($0.openLoop?.sentRPS) },
            TableColumn("done", "req/s") { Figure.rate($0.openLoop?.achievedRPS ?? $0.stats.requestsPerSecond) },
        ]
    }

    static func givenUp(_ step: StepResult) -> String? {
        step.openLoop?.saturatedAtSeconds == nil ? nil : "← given up"
    }

    static func ramp(_ step: StepResult) -> String? {
        if let curve = step.openLoop?.rateCurve { return SafeText.line(curve, limit: 60) }
        guard let from = step.openLoop?.rampFrom, let to = step.openLoop?.rampTo else { return nil }
        return "\(Figure.rate(from)) to \(Figure.rate(to))"
    }

    static let explanation =
        "Requests start when the plan says, whether or not earlier ones have ended. Times count from when a request was "
        + "due, so that a queue shows, and once more from when it was sent. 95 of 100 requests stay below p95; CV is the "
        + "scatter."

    /// What was planned, what was sent, what came back.
    static func openLoop(_ step: StepResult?) -> [Block] {
        guard let step, let open = step.openLoop else { return [] }
        var text =
            "Due \(Figure.rate(open.offeredRPS)) requests/s, sent \(Figure.rate(open.sentRPS)), answered "
            + "\(Figure.rate(open.achievedRPS)) in the window"
        if let law = open.law { text += "; arrivals \(SafeText.line(law, limit: 40))" }
        if let planned = open.plannedDispersion, let sent = open.sentDispersion, let bin = open.dispersionBinSeconds {
            text += ", dispersion \(Figure.plain(planned)) planned and \(Figure.plain(sent)) sent "
            text += "(variance over mean per \(Figure.duration(seconds: bin)))"
        }
        text += "."
        if let cap = open.cap {
            text += " At most \(Figure.count(cap)) in flight:"
            text += " \(Figure.percent(share: open.cappedShare)) of the requests found no place"
            if open.overflow == "shed" {
                text += ", \(Figure.count(open.notSent)) were not sent."
            } else {
                let wait = Figure.duration(milliseconds: open.clientQueueMilliseconds?.mean)
                text += " and waited for one (\(wait) on average over all)."
            }
        } else if open.notSent > 0 {
            text += " Never sent: \(Figure.count(open.notSent)) requests."
        }
        return [open.trace.map { replayed($0, step.stats) }, text].compactMap { $0 }.map { .sentence($0) }
            + [saturation(step)].compactMap { $0 }.map { .sentence($0, .caution) }
    }

    /// The trace's rows and tokens against what came of them.
    private static func replayed(_ trace: OpenLoopResult.Trace, _ stats: RequestStatistics) -> String {
        var text = SafeText.line(trace.name, limit: 80)
        text += trace.speed == 1 ? " at its own speed: " : ", \(Figure.plain(trace.speed)) times as fast: "
        let dropped = trace.dropped.values.reduce(0, +)
        // ServeGen's rows are stretches of time, and no requests.
        if trace.format == "servegen" {
            text += "\(Figure.count(trace.due)) requests drawn from \(Figure.count(trace.rowsRead)) stretches."
        } else {
            text += "\(Figure.count(trace.rowsRead)) rows read = \(Figure.count(trace.due)) due"
            text += " + \(Figure.count(dropped)) left out"
            let reasons = trace.dropped.sorted { $0.key < $1.key }.map { reason, count in
                "\(Figure.count(count)) \(SafeText.line(reason.replacing("_", with: " "), limit: 40))"
            }
            text += reasons.isEmpty ? "." : " (\(reasons.joined(separator: ", ")))."
        }
        guard let input = trace.inputTokens else { return text }
        // An access log tells bytes.
        let about = trace.format == "nginx" ? "about " : ""
        if let output = trace.outputTokens {
            text +=
                " The trace has \(about)\(Figure.count(input)) tokens in and \(Figure.count(output)) out; counted were "
            text += "\(Figure.count(stats.inputTokens)) and \(Figure.count(stats.outputTokens))."
        } else {
            text += " The trace has \(about)\(Figure.count(input)) tokens in and tells no answer's; counted were "
            text += "\(Figure.count(stats.inputTokens)) in."
        }
        return text
    }

    private static func saturation(_ step: StepResult) -> String? {
        guard let open = step.openLoop, open.saturatedAtSeconds != nil, let growth = open.saturationInSystem,
            let delay = open.saturationTTFT
        else { return nil }
        let whose =
            step.validity.isDisturbed
            ? "; the load generator was disturbed too, so the cause is not known" : ": the server's capacity is lower"
        return
            "\(step.load): given up early. Each second brought \(Figure.plain(growth)) more requests in flight and "
            + "\(Figure.duration(seconds: delay)) more TTFT\(whose)."
    }
}
