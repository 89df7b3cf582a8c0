import Ticks
import Transport

/// How much of the machine's CPU programs other than this one and its children used over a stretch of time.
struct OtherPrograms {
    /// Above this share they decide what is measured.
    static let limit = 0.1

    private struct Counters {
        let at = MonotonicClock.now()
        let machine = ProcessResources.machineCPU()
        let own = ProcessResources.processCPU() + ProcessResources.childrenCPU()
    }

    private let begun = Counters()
    private var ended: Counters?

    /// Children must have ended and been waited for.
    mutating func end() { ended = Counters() }

    /// Of all that the cores could have done, 0...1; nil before `end`, or where the machine does not tell.
    var share: Double? {
        guard let ended, let before = begun.machine, let after = ended.machine else { return nil }
        return Self.share(
            machine: after - before,
            own: ended.own - begun.own,
            nanoseconds: ended.at.nanoseconds(since: begun.at),
            cores: ProcessResources.machineCores()
        )
    }

    static func share(machine: Int64, own: Int64, nanoseconds: Int64, cores: Int) -> Double? {
        guard nanoseconds > 0, cores > 0 else { return nil }
        return max(0, min(1, Double(machine - own) / (Double(nanoseconds) * Double(cores))))
    }
}
