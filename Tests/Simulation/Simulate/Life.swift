import Engine
import Measurement
import Schedule
import Ticks
import Transport

/// What is left when a world has come to its end: of each machine that its load came from, and of all together.
struct Life {
    let asked: Asked
    let parts: [Aftermath]

    /// A run that went on has all of its first part's.
    private var ends: [Aftermath] { parts.last?.earlier == nil ? parts : [parts[parts.count - 1]] }
    var requests: Int { ends.reduce(0) { $0 + $1.journal.count } }
    var records: [RequestRecord] { ends.flatMap(\.run.requests) }

    /// Everything that is wrong, in sentences; empty as it should be.
    var violations: [String] {
        if parts.count == 1 { return parts[0].violations }
        if let last = parts.last, last.earlier != nil {
            return last.violations.map { "resumed: \($0)" }  // the first part had none, or it would not go on
        }
        var found = parts.flatMap { part in part.violations.map { "shard \(part.asked.shard.text): \($0)" } }
        guard found.isEmpty else { return found }
        numbers(&found)
        caps(&found)
        guard parts.allSatisfy({ !$0.wasCut && $0.lostFrom == nil }) else { return found }
        jobs(&found)
        traces(&found)
        return found
    }

    func show() { for part in parts { part.show() } }

    /// No two machines give a request, a prompt of a job or a place of an edge the same number.
    private func numbers(_ found: inout [String]) {
        struct Key: Hashable { var sequence: Int64, attempt: Int }
        var seen: Set<Key> = []
        for record in records where !seen.insert(Key(sequence: record.sequence, attempt: record.attempt)).inserted {
            found.append("two machines have a request \(record.sequence).\(record.attempt)")
        }
        struct Place: Hashable { var step: Int, rank: Int }
        var places: Set<Place> = []
        for record in records where record.attempt == 0 {
            guard let rank = record.rank else { continue }
            if !places.insert(Place(step: record.step, rank: rank)).inserted {
                found.append("two requests have rank \(rank) of step \(record.step)")
            }
        }
    }

    /// None goes beyond its part, so that all together do not go beyond the whole.
    private func caps(_ found: inout [String]) {
        let posts = parts.flatMap(\.posts)
        if let most = asked.caps.maxRequests, posts.count > most {
            found.append("\(posts.count) requests of all machines, of at most \(most)")
        }
    }

    private func firsts(_ target: Int, _ phase: String) -> [(part: Aftermath, request: RequestRecord)] {
        parts.flatMap { part in
            part.run.requests.filter { request in
                guard request.attempt == 0, !part.isProbe(request), let place = part.places[request.step] else {
                    return false
                }
                return place.phase.target == target && place.phase.name == phase
            }.map { (part, $0) }
        }
    }

    /// Each prompt of a job is asked by one machine.
    private func jobs(_ found: inout [String]) {
        for target in asked.targets {
            for (name, wanted) in asked.jobs.sorted(by: { $0.key < $1.key }) {
                let items = firsts(target.id, name).compactMap(\.request.item)
                if items.count != wanted || Set(items) != Set(0..<wanted) {
                    found.append("\(items.count) of \(name)'s \(wanted) prompts are in the books of all machines")
                }
            }
        }
    }

    /// Each row of a trace is due on one machine, at its own time.
    private func traces(_ found: inout [String]) {
        for target in asked.targets {
            for phase in asked.plan.phases {
                guard let replay = phase.replay else { continue }
                let due = firsts(target.id, phase.name).filter { ($0.request.turn ?? 0) == 0 }
                let offsets = due.map { part, request in
                    request.scheduled - (part.places[request.step]?.step.started ?? 0)
                }
                let rows = (0..<replay.count).map { replay.offset(at: $0) }.sorted()
                let isPaused = parts.contains { !$0.pauses.isEmpty }
                if isPaused ? offsets.count != rows.count : offsets.sorted() != rows {
                    found.append("\(phase.name) has \(rows.count) rows, \(offsets.count) were due on all machines")
                }
            }
        }
    }
}
