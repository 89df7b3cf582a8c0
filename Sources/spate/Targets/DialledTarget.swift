import Engine
import Measurement
import Profile
import Simulator
import Wire

/// A target that was looked at: what was asked for, how it is driven, and what the look found.
///
/// The third of a target's four forms: `Target` (as the profile and the flags say), this one, `EngineTarget` (as it is
/// driven), `TargetRecord` (as it is stored). Runs and results name it by its `id`, people by its name.
struct DialledTarget {
    let asked: Target
    /// The simulated provider that answers for it.
    let child: SimulatorChild?
    /// Where it is, the simulated provider's port filled in.
    let place: TargetAddress
    var driven: EngineTarget
    var resolveNanoseconds: Int64 = 0
    var preflightRequests = 0
    /// Of them, looks at the list of models, which are no generations.
    var preflightGets = 0
    var preflightInputTokens: Int64 = 0
    var preflightOutputTokens: Int64 = 0
    /// nil where it is not waited for while it loads.
    var wait: ReadyWait?
    var notes: [String] = []
    /// How it refused what it should; empty where that was not looked at.
    var refusals: [RefusalRecord] = []

    var id: Int { driven.id }
    var preflightPosts: Int { preflightRequests - preflightGets }

    /// The program of this machine that answers: its simulated provider, or who listens at its loopback address.
    var server: ServerProcess? {
        if let child { return ServerProcess(id: child.processID) }
        guard place.isLoopback else { return nil }
        return ServerProcess(listeningAt: UInt16(clamping: place.port))
    }
}
