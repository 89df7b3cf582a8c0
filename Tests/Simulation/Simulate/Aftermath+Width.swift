import Engine
import Measurement
import Schedule
import Ticks
import Transport
import Wire

/// What holds where there are several targets, users who ask again, and probes beside the load.
extension Aftermath {
    private var records: [String: RequestRecord] { Dictionary(sent.map { (id($0), $0) }) { first, _ in first } }

    /// A request went to the target of its step, in its API; and one target's load does not go on beside another's.
    func places(_ found: inout [String]) {
        let records = records
        var open: [Request] = []  // of loads, at each instant
        for request in posts {
            guard let record = records[request.id], let place = places[record.step] else { continue }
            let api = asked.targets[request.port - 1].provider.api
            if place.phase.target != request.port {
                found.append("request \(request.id) of target \(place.phase.target) went to target \(request.port)")
            }
            if request.path != api.basePath + api.path(model: "m") {
                found.append("request \(request.id) went to \(request.path) of \(api)")
            }
            guard asked.loops == 1, asked.order != .parallel, !isProbe(record) else { continue }
            open.removeAll { ($0.ended ?? .max) <= request.sent }
            if let other = open.first(where: { $0.port != request.port }) {
                found.append("request \(request.id) was sent while \(other.id) of another target was open")
            }
            open.append(request)
        }
    }

    /// The questions of a conversation come in order, each after the answer to the one before and the time to think.
    func users(_ found: inout [String]) {
        struct Key: Hashable { var target: Int, number: Int }
        let asks = run.requests.filter { $0.conversation != nil }
        if asked.plan.workload.conversations == nil, !asks.isEmpty {
            found.append("requests that stand alone have turns")
        }
        let users = Dictionary(grouping: asks) {
            Key(target: places[$0.step]?.phase.target ?? 0, number: $0.conversation ?? 0)
        }
        for (user, asks) in users.sorted(by: { ($0.key.target, $0.key.number) < ($1.key.target, $1.key.number) }) {
            let turns = Dictionary(grouping: asks) { $0.turn ?? -1 }.sorted { $0.key < $1.key }
            if turns.map(\.key) != Array(0..<turns.count) {
                found.append("the questions of user \(user.number) are \(turns.map(\.key))")
                continue
            }
            if asks.contains(where: isProbe) { found.append("a probe asks for user \(user.number)") }
            for (before, after) in zip(turns, turns.dropFirst()) {
                guard let last = before.value.max(by: { $0.attempt < $1.attempt }),
                    let next = after.value.min(by: { $0.attempt < $1.attempt })
                else { continue }
                guard last.outcomeClass == .success, let sent = last.dispatched, let took = last.ended,
                    let think = last.think
                else {
                    found.append("user \(user.number) asks on behind question \(before.key), which is \(last.outcome)")
                    continue
                }
                if next.scheduled < sent + took + think {
                    found.append("user \(user.number) did not wait or think before question \(after.key)")
                }
            }
        }
    }

    /// Beside a load one is sent at a time, at most so often as was asked for, and none before or long behind that load.
    func probes(_ found: inout [String]) {
        let phases = Dictionary(run.phases.map { ($0.id, $0) }) { first, _ in first }
        let runs = Dictionary(grouping: sent.filter(isProbe)) { $0.step }
        for (step, probes) in runs.sorted(by: { $0.key < $1.key }) {
            guard let phase = places[step]?.phase, let load = phase.beside.flatMap({ phases[$0] }),
                let began = load.started
            else {
                found.append("the probes of step \(step) are beside nothing")
                continue
            }
            let planned = asked.plan.phases.first { $0.name == load.name }
            guard let rate = planned?.probeRate else {
                found.append("\(load.name) has probes that nobody asked for")
                continue
            }
            if load.target != phase.target {
                found.append("probes of target \(phase.target) are beside \(load.target)")
            }
            let ordered = probes.sorted { ($0.dispatched ?? 0) < ($1.dispatched ?? 0) }
            for (one, next) in zip(ordered, ordered.dropFirst()) {
                guard let sent = one.dispatched, let took = one.ended, let then = next.dispatched else { continue }
                if then < sent + took { found.append("probes \(id(one)) and \(id(next)) were open at once") }
                if let cut = earlier?.reached, sent <= cut, then >= cut { continue }  // no time passed in between
                if next.attempt == 0, Double(then - sent - took) < 1e9 / rate - 1_000 {
                    found.append("probe \(id(next)) came \(then - sent - took) ns behind the one before, of \(rate)/s")
                }
            }
            // A word from loop to loop takes 0.2 ms, and as long as their threads stand still.
            let late = run.incidents.contains { $0.kind == .clientStop } ? 3_000_000_000 : 10_000_000 as Int64
            for probe in ordered {
                guard let sent = probe.dispatched else { continue }
                if sent < began { found.append("probe \(id(probe)) was sent before its load began") }
                if let end = load.ended, sent > end + late {
                    found.append("probe \(id(probe)) was sent behind its load")
                }
            }
        }
    }

    /// When nothing was to be sent, nanoseconds of run time.
    var pauses: [Range<Int64>] {
        run.incidents.filter { $0.kind == .pause }.map { $0.at..<max($0.at, $0.ended ?? $0.at) }
    }

    /// Nothing of the load is sent amid a pause, and what ran into one is not measured.
    func pauses(_ found: inout [String]) {
        // Programs that run side by side pause each when its own stage bears it; a stopped thread hears of it late.
        let isOne = asked.order != .parallel || asked.apis.count == 1
        guard isOne, !haveStood else { return }
        for pause in pauses {
            // A loop hears of it a moment later.
            let begun = min(pause.lowerBound + 1_000_000, pause.upperBound)..<pause.upperBound
            for request in sent where !isProbe(request) {
                guard let dispatched = request.dispatched, let took = request.ended else { continue }
                if begun.contains(dispatched) {
                    found.append("request \(id(request)) was sent \(dispatched - pause.lowerBound) ns into a pause")
                }
                guard places[request.step]?.step.kind == .level, request.measured else { continue }
                if dispatched < pause.lowerBound, dispatched + took > begun.lowerBound, !begun.isEmpty {
                    found.append("request \(id(request)) ran into a pause and is measured")
                }
            }
        }
    }
}
