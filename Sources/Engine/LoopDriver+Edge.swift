internal import Schedule
internal import Ticks
internal import Transport

/// Before an edge.
extension LoopDriver {
    /// Bodies and connections are made ready while nothing is sent, so that the edge only has to let go.
    func prepare(_ edge: Stage.Edge, entry: Program.Entry, start: Instant) {
        let share = run.program.entries[index + 1].stage.segment(loop: loopIndex - run.firstLoop, of: run.loops)
            .concurrency
        for _ in 0..<share { prepared.append(make(target: entry.target)) }
        prepared.reverse()
        // New connections come beside the idle ones, of which each edge would leave more, until no descriptor is left. And
        // streams that share connections cannot have one each: a cold edge is one that finds none open.
        if edge.connections != .warm { client(of: entry.target).closeIdle() }
        client(of: entry.target).reserveMemory(forTransfers: share)
        let idle: Duration =
            switch entry.stage.rule {
            case .idle(let time), .pause(let time): time
            default: .zero
            }
        preparation = EdgePreparation(
            loop: loop,
            client: client(of: entry.target),
            path: run.program.targets[entry.target].modelsPath,
            connections: edge.connections,
            count: share,
            idleEnds: start.advanced(by: idle)
        )
    }
}
