import Schedule

extension PhaseReader {
    private static let rateForm = "requests per second such as 20 or 0.5, from 0.000001 to 10,000,000"
    private static let listForm =
        "a list such as [{rps: 10, for: 1m}, {from: 10, to: 50, for: 2m}], or {sine: {mean: 20, amplitude: 10, period: 1m}}"

    /// `rate: {rps: 20, arrivals: poisson, for: 5m}`; `rps` may be `{from, to}`, `{sine: ...}` or a list of stretches.
    func rate(_ value: YAMLValue, _ path: String) -> RateShape? {
        var keys = MapReader(value, path: path, log: log)
        let rates = keys.take("rps")
        let duration = keys.duration("for")
        let requests = keys.count("requests", 1...10_000_000)
        if rates == nil { keys.require("rps", Self.rateForm + "; or " + Self.listForm) }
        var shape = RateShape([])
        if let rates { shape.stretches = stretches(rates, keys.path(of: "rps"), duration, requests, keys) }
        let shortest = shape.stretches.map(\.duration).min() ?? .seconds(60)
        if let law = keys.take("arrivals") { shape.law = self.law(law, keys.path(of: "arrivals")) ?? shape.law }
        shape.settle = keys.duration("settle", .zero, zeroIsAllowed: true)
        shape.maxConcurrency = keys.take("max_concurrency").flatMap { width($0, keys.path(of: "max_concurrency")) }
        let overflow = keys.word("overflow", Arrivals.Overflow.self)
        shape.overflow = overflow ?? shape.overflow
        shape.stopsWhenSaturated = keys.flag("stop_over_saturated") ?? shape.stopsWhenSaturated
        shape.probeRate = probeRate(&keys)
        keys.finish()
        if overflow != nil { overflowWithoutCap(keys, value) }
        if shape.settle >= shortest, !shape.stretches.isEmpty {
            settleTooLong(keys, value, shape.settle, "the shortest stretch", shortest)
        }
        return shape.stretches.isEmpty ? nil : shape
    }

    private func stretches(
        _ value: YAMLValue,
        _ path: String,
        _ whole: Duration?,
        _ requests: Int?,
        _ keys: MapReader
    ) -> [RateShape.Stretch] {
        if let requests {
            if keys.has("for") {
                log.report(value.place, keys.path(of: "requests"), "read \(requests) beside for; allowed: one of them")
                return []
            }
            guard case .scalar = value.content else {
                let message =
                    "read \(requests) beside several rates; allowed: requests of each, as {rps: 10, requests: 100}"
                log.report(value.place, keys.path(of: "requests"), message)
                return []
            }
            return rate(of: value, path).map { [.init($0, requests: requests)] } ?? []
        }
        switch value.content {
        case .list(let items):
            if let whole {
                let place = keys.path(of: "for")
                log.report(value.place, place, "read \(Units.text(whole)) beside a list; each stretch has its own for")
            }
            guard !items.isEmpty, items.count <= Self.mostLevels else {
                log.report(value.place, path, "read \(value.shown); allowed: \(Self.listForm)")
                return []
            }
            return items.enumerated().compactMap { index, item in stretch(item, "\(path).\(index)") }
        case .map:
            return stretch(value, path, for: whole).map { [$0] } ?? []
        case .scalar, .null:
            let rate = self.rate(of: value, path)
            guard let whole else {
                if !keys.has("for") { keys.require("for", Units.durationForm + "; or requests, how many") }
                return []
            }
            return rate.map { [.init(.constant($0), for: whole)] } ?? []
        }
    }

    /// Rates that change in a way of their own, by the key that says so.
    private var curves: [(key: String, read: (YAMLValue, String) -> RateCurve?)] {
        [("sine", { sine($0, $1).map(RateCurve.sine) }), ("spike", { spike($0, $1).map(RateCurve.spike) })]
    }

    /// `{rps: 10, for: 1m}` or `{from: 10, to: 50, for: 2m}`; the duration of the phase where it has none of its own.
    private func stretch(_ value: YAMLValue, _ path: String, for whole: Duration? = nil) -> RateShape.Stretch? {
        var keys = MapReader(
            value,
            path: path,
            log: log,
            allowed: "{rps: 10, for: 1m}, {from: 10, to: 50, for: 2m}"
                + curves.map { " or {\($0.key): {...}, for: 2m}" }.joined()
        )
        let rates = ["rps", "from", "to"].map { key in keys.take(key).map { rate(of: $0, keys.path(of: key)) } }
        let curve = curves.compactMap { curve in keys.take(curve.key).map { curve.read($0, keys.path(of: curve.key)) } }
        let duration = keys.duration("for") ?? whole
        let requests = keys.count("requests", 1...10_000_000)
        keys.finish()
        guard case .map = value.content else { return nil }
        if let requests {
            guard let one = rates[0] ?? nil, rates[1] == nil, rates[2] == nil, curve.isEmpty, !keys.has("for") else {
                log.report(value.place, keys.path(of: "requests"), "read \(requests); allowed: with rps, without for")
                return nil
            }
            return .init(one, requests: requests)
        }
        if duration == nil, !keys.has("for") { keys.require("for", Units.durationForm) }
        switch (rates[0], rates[1], rates[2], curve.count) {
        case (let one?, nil, nil, 0):
            guard let one, let duration else { return nil }
            return .init(.constant(one), for: duration)
        case (nil, nil, nil, 1):
            guard let curve = curve[0], let duration else { return nil }
            return .init(curve, for: duration)
        case (nil, let from?, let to?, 0):
            guard let from, let to, let duration else { return nil }
            if from == .zero, to == .zero {
                log.report(value.place, path, "goes from 0 to 0; for a time without requests there is idle")
                return nil
            }
            return .init(.line(RateLine(from: from, to: to, over: duration)), for: duration)
        default:
            log.report(
                value.place,
                path,
                "read \(value.shown); allowed: rps, or from and to" + curves.map { ", or \($0.key)" }.joined()
            )
            return nil
        }
    }

    /// `{mean: 20, amplitude: 10, period: 1m}`
    private func sine(_ value: YAMLValue, _ path: String) -> RateSine? {
        let form = "{mean: 20, amplitude: 10, period: 1m}"
        var keys = MapReader(value, path: path, log: log, allowed: form)
        let mean = keys.take("mean").flatMap { rate(of: $0, keys.path(of: "mean")) }
        let swing = keys.take("amplitude").flatMap { rate(of: $0, keys.path(of: "amplitude")) }
        let period = keys.duration("period")
        for key in ["mean", "amplitude", "period"] where !keys.has(key) { keys.require(key, "as in \(form)") }
        keys.finish()
        guard let mean, let swing, let period else { return nil }
        guard swing <= mean else {
            let place = value["amplitude"]?.place ?? value.place
            let message = "read \(swing.text); allowed: at most the mean (\(mean.text)), since a rate is not negative"
            log.report(place, keys.path(of: "amplitude"), message)
            return nil
        }
        return RateSine(mean: mean, amplitude: swing, period: period)
    }

    /// `{base: 5, peak: 50, every: 1m, for: 10s}`
    private func spike(_ value: YAMLValue, _ path: String) -> RateSpike? {
        let form = "{base: 5, peak: 50, every: 1m, for: 10s}"
        var keys = MapReader(value, path: path, log: log, allowed: form)
        let base = keys.take("base").flatMap { rate(of: $0, keys.path(of: "base")) }
        let peak = keys.take("peak").flatMap { rate(of: $0, keys.path(of: "peak")) }
        let (period, length) = (keys.duration("every"), keys.duration("for"))
        for key in ["base", "peak", "every", "for"] where !keys.has(key) { keys.require(key, "as in \(form)") }
        keys.finish()
        guard let base, let peak, let period, let length else { return nil }
        guard base <= peak else {
            let message = "read \(peak.text); allowed: at least the base (\(base.text))"
            log.report(value["peak"]?.place ?? value.place, keys.path(of: "peak"), message)
            return nil
        }
        guard length < period else {
            let message = "read \(Units.text(length)); allowed: shorter than every (\(Units.text(period)))"
            log.report(value["for"]?.place ?? value.place, keys.path(of: "for"), message)
            return nil
        }
        return RateSpike(base: base, peak: peak, every: period, for: length)
    }

    /// A ramp may begin or end at 0, a sine's amplitude and a spike's base may be 0.
    private func rate(of value: YAMLValue, _ path: String) -> Rate? {
        let mayBeZero = [".from", ".to", ".amplitude", ".base"].contains { path.hasSuffix($0) }
        guard let number = value.plain.flatMap(Units.number),
            Rate.range.contains(number) || (mayBeZero && number == 0)
        else {
            let hint = value.plain == "inf" ? "; use burst for all at once, ramp for as many as it bears" : ""
            log.report(value.place, path, "read \(value.shown); allowed: \(Self.rateForm)\(hint)")
            return nil
        }
        return Rate(number)
    }

    /// `constant`, `poisson` or `{gamma: 0.5}`.
    private func law(_ value: YAMLValue, _ path: String) -> ArrivalLaw? {
        switch value.content {
        case .scalar("constant", _): return .constant
        case .scalar("poisson", _): return .poisson
        case .map:
            var keys = MapReader(value, path: path, log: log)
            let shape = keys.number("gamma", 0.01...10_000)
            if !keys.has("gamma") { keys.require("gamma", "the burstiness: 1 is Poisson, 0.5 comes in bursts") }
            keys.finish()
            return shape.map { .gamma(burstiness: $0) }
        default:
            let hint = value.plain.map { Spelling.hint($0, among: ["constant", "poisson", "gamma"]) } ?? ""
            log.report(value.place, path, "read \(value.shown); allowed: constant, poisson, {gamma: 0.5}\(hint)")
            return nil
        }
    }
}

extension RateShape: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> RateShape? {
        reader.rate(value, path)
    }

    var text: String {
        let list = stretches.map { stretch in
            let rates: [(String, String?)] = stretch.curve.members.map { ($0.name, $0.value) }
            if let requests = stretch.requests { return flow(rates + [("requests", "\(requests)")]) }
            return flow(rates + [("for", Units.text(stretch.duration))])
        }
        let law =
            switch law {
            case .constant, .poisson: law.text
            case .gamma(let burstiness): "{gamma: \(burstiness)}"
            }
        return flow([
            ("rps", "[\(list.joined(separator: ", "))]"), ("arrivals", law), ("settle", Units.text(settle)),
            ("max_concurrency", maxConcurrency.map(String.init)),
            ("overflow", maxConcurrency.map { _ in overflow.rawValue }),
            ("stop_over_saturated", "\(stopsWhenSaturated)"), ("probe_rate", probeRate.map { "\($0)" }),
        ])
    }
}
