import Measurement

/// What a sample can show, in words.
struct SampleSentences {
    let power: SamplePower

    var inShort: String {
        let requests = "\(Figure.count(power.requests)) requests"
        let more = power.needed.map { $0.value > Double(power.requests) } == true ? needed : ""
        guard let difference = power.difference else {
            return "\(requests) are too few to be sure of any change in median TTFT\(more)."
        }
        let size = Figure.percent(share: difference.value)
        return "\(requests) can show a change of \(size) in median TTFT (4 times in 5)\(more)."
    }

    var found: String {
        guard let difference = power.difference else {
            return "no difference in median TTFT is sure to be found in a comparison\(needed)."
        }
        let range = Figure.interval(difference.range.lower, difference.range.upper, Figure.percent(share:))
            .map { " (as far as they tell, \($0))" }
        return "a difference of \(Figure.percent(share: difference.value)) in median TTFT is found in 4 of 5 "
            + "comparisons\(range ?? "")\(needed)."
    }

    private var needed: String {
        guard let needed = power.needed else { return "" }
        let asked = Figure.percent(share: SamplePower.asked)
        let enough = "; one of \(asked) needs \(count(needed.value)) requests"
        guard needed.value > Double(power.requests) else { return enough }
        let range = needed.range.lower.flatMap { lower in
            needed.range.upper.map { " (\(count(lower)) to \(count($0)))" }
        }
        let price = power.neededDollars.flatMap { $0 > 0 ? Figure.dollars($0) : nil }
        let parts = [power.neededSeconds.map { Figure.clock(seconds: $0) }, price].compactMap(\.self)
        return enough + (range ?? "") + parts.map { ", \($0)" }.joined()
    }

    private func count(_ value: Double) -> String { Figure.count(Int(min(1e15, value.rounded(.up)))) }
}
