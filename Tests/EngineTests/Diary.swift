import Measurement
import Schedule
import TestSupport
import Ticks

@testable import Engine

/// What an agenda decided in turn: what it told the loops, and the rows it wrote.
struct Diary {
    var agenda: Agenda
    var batches: [RecordBatch] = []
    var probes: [String] = []
    var probesBegin: [Instant] = []
    var met: [Int] = []
    private let loops: Int

    /// - Parameter stages: of each target, one phase each.
    init(
        _ stages: [[Stage]],
        loops: Int = 1,
        windows: TimeWindows = TimeWindows(),
        probed rate: Double? = nil,
        shard: Shard = .whole
    ) {
        self.loops = loops
        let program = Program.of(stages, windows: windows, probed: rate, shard: shard)
        agenda = Agenda(program: program, loops: loops, t0: .zero, isGated: shard.count > 1)
    }

    mutating func take(_ event: Agenda.Event, at seconds: Double) -> [Agenda.Action] {
        let actions = agenda.take(event, at: Instant(nanoseconds: Int64((seconds * 1000).rounded()) * 1_000_000))
        for action in actions {
            switch action {
            case .write(let batch): batches.append(batch)
            case .beginProbes(_, let start):
                probes.append("begin")
                probesBegin.append(start)
            case .endProbes: probes.append("end")
            case .meet(let index): met.append(index)
            case .tell, .show: break
            }
        }
        return actions
    }

    /// What the loops are told.
    mutating func say(_ event: Agenda.Event, at seconds: Double) -> [Agenda.Command] {
        take(event, at: seconds).compactMap { if case .tell(let command) = $0 { command } else { nil } }
    }

    mutating func begin(at seconds: Double = 0) {
        for loop in 0..<loops { _ = say(.attached(loop: loop), at: seconds) }
    }

    /// Every loop is quiet.
    @discardableResult mutating func quiet(_ index: Int, at seconds: Double) -> [Agenda.Command] {
        (0..<loops).flatMap { say(.quiet(loop: $0, index: index, warmed: 0), at: seconds) }
    }

    /// Rows as they stand at the end.
    func step(_ id: Int) -> StepRecord { batches.flatMap(\.steps).last { $0.id == id } ?? StepRecord() }
    func phase(_ id: Int) -> PhaseRecord { batches.flatMap(\.phases).last { $0.id == id } ?? PhaseRecord() }
    var incidents: [IncidentRecord] { batches.flatMap(\.incidents) }
}
