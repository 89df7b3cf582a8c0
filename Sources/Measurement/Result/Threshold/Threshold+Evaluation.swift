import Ticks

extension Threshold {
    /// Judges it on a result: it must hold everywhere it applies, and the worst place is told.
    ///
    /// Without a figure it has failed, and so it has where too few samples carry a percentile: that is "undetermined".
    /// `confident` judges the far end of the 95 % interval instead of the figure, where there is one.
    public func result(on run: RunResult, confident: Bool = false) -> ThresholdResult {
        var result = ThresholdResult()
        result.expression = expression
        result.unit = unit.name
        let places = places(in: run)
        guard let worst = worst(places, confident) else {
            result.note = "undetermined: nothing in this run matches"
            return result
        }
        result.passed = worst.verdict == .passed
        result.value = worst.value.map { $0 / unit.size }
        result.note = worst.note
        let told = self.worst(places.map(\.withoutClientError), confident)
        if told.map({ ($0.verdict == .passed) != result.passed }) ?? false {
            result.disturbance = "the load generator's own lateness decides it"
        } else if result.passed, let place = places.first(where: \.isLoadInvalid) {
            result.disturbance = "the load generator made less load than asked for (\(place.name))"
        }
        return result
    }

    private func worst(_ places: [Place], _ confident: Bool) -> Judgement? {
        places.map { judge($0, confident: confident) }.min(by: isWorse)
    }

    // MARK: Judging

    private struct Judgement {
        enum Verdict: Int { case failed, undetermined, passed }
        var verdict: Verdict
        var value: Double?
        var note: String
    }

    private func isWorse(_ a: Judgement, _ b: Judgement) -> Bool {
        if a.verdict != b.verdict { return a.verdict.rawValue < b.verdict.rawValue }
        guard let x = a.value, let y = b.value else { return a.value == nil && b.value != nil }
        switch comparison {
        case .less, .lessOrEqual: return x > y
        case .greater, .greaterOrEqual: return x < y
        case .equal, .unequal: return abs(x - limit) > abs(y - limit)
        }
    }

    private func judge(_ place: Place, confident: Bool) -> Judgement {
        let at = place.name
        guard let value = place.figure.value else {
            let why = place.figure.missing ?? "no value"
            return Judgement(verdict: .undetermined, value: nil, note: "undetermined: \(why) (\(at))")
        }
        if !comparison.holds(value, limit) { return Judgement(verdict: .failed, value: value, note: at) }
        if let need = place.need, need.count < need.fewest {
            let why = "n = \(need.count), \(need.statistic) needs \(need.fewest)"
            return Judgement(verdict: .undetermined, value: value, note: "undetermined: \(why) (\(at))")
        }
        if confident, let interval = place.figure.interval {
            guard let bound = far(interval) else {
                return Judgement(
                    verdict: .undetermined,
                    value: value,
                    note: "undetermined: the interval of this sample is open (\(at))"
                )
            }
            if !comparison.holds(bound, limit) {
                let shown = inWords(bound / unit.size) + unit.name
                return Judgement(
                    verdict: .failed,
                    value: value,
                    note: "\(at): the 95 % interval reaches \(shown)"
                )
            }
        }
        return Judgement(verdict: .passed, value: value, note: at)
    }

    private func far(_ interval: ConfidenceInterval) -> Double? {
        switch comparison {
        case .less, .lessOrEqual: interval.upper
        case .greater, .greaterOrEqual: interval.lower
        case .equal, .unequal: limit  // an interval says nothing about equality
        }
    }

    // MARK: Places

    private struct Place {
        var name: String
        var figure: FigureValue
        var need: (count: Int, fewest: Int, statistic: String)?
        /// The same figure without what the load generator added; nil where that is not known.
        var told: FigureValue?
        var isLoadInvalid = false

        func on(_ row: RowValidity) -> Place {
            var place = self
            place.isLoadInvalid = row.load == .invalid
            return place
        }

        var withoutClientError: Place {
            var place = self
            place.figure = told ?? figure
            return place
        }
    }

    /// The narrowest first: of equals the first is told.
    private func places(in run: RunResult) -> [Place] {
        var places: [Place] = []
        for target in run.targets where self.target == nil || self.target == target.name {
            let prefix = run.targets.count > 1 ? target.name + ", " : ""
            for phase in target.phases where self.phase == nil || self.phase == phase.name {
                if phase.kind == .idle || phase.kind == .warmup { continue }
                places += self.places(in: phase, prefix + phase.name)
            }
            if phase == nil, meansAllPlaces { places += self.places(of: target, prefix + "in all") }
        }
        return places
    }

    private func places(of target: TargetResult, _ name: String) -> [Place] {
        switch figure.source {
        case .server(let read): [Place(name: name, figure: read(target.server))]
        case .target(let read): [Place(name: name, figure: read(target))]
        default: places(at: name, target.totals)
        }
    }

    private func places(in phase: PhaseResult, _ name: String) -> [Place] {
        let open = phase.loop == .open
        var places: [Place] = []
        for step in phase.steps where selects(step) {
            let level = step.concurrency.map { "\($0) streams" } ?? step.rps.map { "\(inWords($0)) rps" } ?? "step"
            let own: [Place]
            switch figure.source {
            case .step(let read): own = [Place(name: "\(name), \(level)", figure: read(step))]
            case .server(let read): own = [Place(name: "\(name), \(level)", figure: read(step.server))]
            default: own = self.places(at: "\(name), \(level)", step.stats, fromSchedule: open, isWindow: true)
            }
            places += own.map { $0.on(step.validity) }
        }
        for burst in phase.bursts where selects(burst) {
            let at = "\(name), burst \(burst.index)"
            let own: [Place]
            if case .burst(let read) = figure.source {
                own = [Place(name: at, figure: read(burst))]
            } else {
                own = self.places(at: at, burst.stats, fromSchedule: true, isWindow: true)
            }
            places += own.map { $0.on(burst.validity) }
        }
        if meansAllPlaces {
            let before = places.count
            switch figure.source {
            case .phase(let read): places += read(phase).map { [Place(name: name, figure: $0)] } ?? []
            case .phaseDistribution(let read):
                if let distribution = read(phase) { places.append(place(name, distribution)) }
            case .server(let read): places.append(Place(name: name, figure: read(phase.server)))
            default: places += self.places(at: name, phase.stats, fromSchedule: open, isWindow: true)
            }
            for place in before..<places.count { places[place].isLoadInvalid = phase.validity.load == .invalid }
        }
        return places
    }

    private func selects(_ step: StepResult) -> Bool {
        switch selector {
        case nil: true
        case .concurrency(let level): step.concurrency == level
        case .rps(let rate): step.rps == rate
        case .burst: false
        case .served: true
        }
    }

    /// Whether whole phases and all together are meant besides their parts.
    private var meansAllPlaces: Bool {
        switch selector {
        case nil, .served: true
        case .concurrency, .rps, .burst: false
        }
    }

    private func selects(_ burst: BurstResult) -> Bool {
        switch selector {
        case nil: true
        case .burst(let index): burst.index == index
        case .concurrency, .rps: false
        case .served: true
        }
    }

    private func places(
        at name: String,
        _ stats: RequestStatistics,
        fromSchedule: Bool = false,
        isWindow: Bool = false
    ) -> [Place] {
        switch figure.source {
        case .distribution(let read): [place(name, read(stats))]
        case .viewed(let read): [place(name, read(stats, fromSchedule))]
        case .statistic(let read): [Place(name: name, figure: read(stats))]
        case .served(let fact): [Place(name: name, figure: served(fact, stats))]
        case .rate(let read):
            isWindow ? [Place(name: name, figure: FigureValue(read(stats), missing: "no window"))] : []
        case .step, .burst, .phase, .phaseDistribution, .server, .target: []
        }
    }

    private func served(_ fact: ServedResult.Fact, _ stats: RequestStatistics) -> FigureValue {
        guard case .served(_, let name) = selector else { return FigureValue(nil) }
        let share = stats.served?.share(fact, name)
        let missing = "no answer told its \(fact == .by ? "server" : fact.rawValue)"
        return FigureValue(share?.value, interval: share?.interval, missing: missing)
    }

    private func place(_ name: String, _ distribution: DistributionSummary?) -> Place {
        guard let distribution else {
            return Place(name: name, figure: FigureValue(nil, missing: "n = 0"))
        }
        let statistic = self.statistic ?? ""
        var place = Place(name: name, figure: distribution.figure(statistic))
        if distribution.clientErrorMilliseconds != nil {
            place.told = distribution.withoutClientError.figure(statistic)
        }
        if let quantile = DistributionSummary.quantile(statistic) {
            switch comparison {
            case .less, .lessOrEqual:
                place.need = (distribution.count, QuantileRanks.fewestForUpperBound(quantile), statistic)
            case .greater, .greaterOrEqual:
                let mirrored = Quantile(tenThousandths: 10_000 - quantile.tenThousandths)
                place.need = (distribution.count, QuantileRanks.fewestForUpperBound(mirrored), statistic)
            case .equal, .unequal: break
            }
        }
        return place
    }
}

extension DistributionSummary {
    fileprivate static func quantile(_ statistic: String) -> Quantile? {
        switch statistic {
        case "p50": .p50
        case "p75": .p75
        case "p90": .p90
        case "p95", "adj_p95": .p95
        case "p99", "adj_p99": .p99
        case "p999": .p999
        default: nil
        }
    }

    /// The statistic of that name, as in `summary.json`.
    func figure(_ statistic: String) -> FigureValue {
        let unbounded = "failed or throttled requests reach it"
        return switch statistic {
        case "count": FigureValue(count)
        case "mean": FigureValue(mean)
        case "stddev": FigureValue(standardDeviation, missing: "n = \(count)")
        case "cv", "cv_percent": FigureValue(cvPercent, interval: cvInterval, missing: "n = \(count)")
        case "cv_without_top2": FigureValue(cvWithoutTop2, missing: "n = \(count)")
        case "min": FigureValue(minimum)
        case "p50": FigureValue(p50, interval: p50Interval)
        case "p75": FigureValue(p75)
        case "p90": FigureValue(p90)
        case "p95": FigureValue(p95, interval: p95Interval)
        case "p99": FigureValue(p99, interval: p99Interval)
        case "p999": FigureValue(p999)
        case "max": FigureValue(maximum)
        case "adj_p95": FigureValue(adjustedP95, missing: unbounded)
        case "adj_p99": FigureValue(adjustedP99, missing: unbounded)
        default: FigureValue(nil)
        }
    }
}
