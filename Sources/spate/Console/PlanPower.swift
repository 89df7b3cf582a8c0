import Engine
import Measurement
import Profile
import Schedule
import Ticks
import Wire

/// What the requests of a plan can show when its result is compared: the rows that show least and most, for `--dry-run`.
struct PlanPower {
    /// The upper end of what the published guide calls a steady TTFT.
    private static let assumedCV = 0.4

    private let target: Target
    private let plan: RunPlan
    private let earlier: EarlierRun?
    private let answer: (Int) -> Duration

    /// - Parameter answer: how long an answer takes among so many.
    init(
        _ target: Target,
        _ plan: RunPlan,
        earlier: (run: EarlierRun, path: String)?,
        answer: @escaping (Int) -> Duration
    ) {
        self.target = target
        self.plan = plan
        self.earlier = earlier?.run
        self.answer = answer
    }

    private struct Found {
        var row: PlannedRow
        var difference: Double?  // a share; nil = none is sure to be found
        var needed: ComparisonPower.Estimate?
    }

    /// Two lines at most, each with its line feed; empty where nothing of the plan is compared by its TTFT.
    var text: String {
        guard !target.provider.api.makesVectors, target.provider.streams else { return "" }
        let found = plan.rows(answer: answer).filter { $0.requests > 0 }.map(found)
        guard let least = found.max(by: { size($0) < size($1) }) else { return "" }
        let most = found.min { size($0) < size($1) }
        var text = "  can show: \(words(least))"
        if let most, most.row != least.row, let difference = most.difference {
            text += "; \(percent(difference)) with the \(count(most.row.requests)) of \(most.row.name)"
        }
        text += "\n"
        if let needed = least.needed, needed.value > Double(least.row.requests) {
            text +=
                "    \(percent(SamplePower.asked)) takes \(count(needed.value)) requests\(range(needed)) at \(least.row.name)"
            text += price(of: needed.value, at: least.row) + "\n"
        }
        if earlier?.power(among: least.row.concurrency) == nil {
            let hint =
                earlier == nil
                ? "--like RESULT takes an earlier run's scatter" : "the earlier run has too few requests there"
            text += "    assumed: TTFT scatters by a CV of 40 %; \(hint)\n"
        }
        return text
    }

    private func found(_ row: PlannedRow) -> Found {
        let power = earlier?.power(among: row.concurrency) ?? ComparisonPower(assumingCV: Self.assumedCV)
        return Found(
            row: row,
            difference: power.difference(foundWith: row.requests)?.value,
            needed: power.requests(toFind: SamplePower.asked)
        )
    }

    private func size(_ found: Found) -> Double { found.difference ?? .infinity }

    private func words(_ found: Found) -> String {
        let requests = "the \(count(found.row.requests)) requests of \(found.row.name)"
        guard let difference = found.difference else { return "no difference is sure to be found with \(requests)" }
        return "a difference of \(percent(difference)) in median TTFT in 4 of 5 comparisons with \(requests)"
    }

    private func range(_ needed: ComparisonPower.Estimate) -> String {
        guard let lower = needed.range.lower, let upper = needed.range.upper else { return "" }
        return " (\(count(lower)) to \(count(upper)))"
    }

    /// Time and money of so many requests at the row's own pace.
    private func price(of requests: Double, at row: PlannedRow) -> String {
        let seconds = row.duration / .seconds(1) * requests / Double(max(1, row.requests))
        var parts = [Units.rounded(.seconds(min(1e9, seconds)))]
        if let price = Price(target).dearest, !target.isSimulated {
            let tokens = earlier?.outputTokens(among: row.concurrency) ?? Double(plan.workload.maxTokens.mean)
            let prompt = Double(plan.workload.inputPerRequest)
            parts.append(PlanSummary.money((price.input * prompt + price.output * tokens) / 1e6 * requests))
        }
        return ": \(parts.joined(separator: ", "))"
    }

    private func count(_ value: Double) -> String { PlanSummary.grouped(Int(min(1e15, value.rounded(.up)))) }
    private func count(_ value: Int) -> String { PlanSummary.grouped(value) }

    /// `29 %`, `4.2 %`.
    private func percent(_ share: Double) -> String {
        let percent = share * 100
        let tenths = Int((percent * 10).rounded())
        return percent < 9.95 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10) %" : "\(Int(percent.rounded())) %"
    }
}
