import Measurement
import Profile
import Schedule

/// A run as it is to be done: everything decided, nothing started.
struct Job: Sendable {
    /// What is asked for, with the keys, headers and thresholds that flags add.
    var profile: Profile
    /// What is done to each target.
    var plan: RunPlan
    /// The profile as it was resolved, without secrets: `profile.yaml`.
    let profileYAML: String
    var label: String?
    var metadata: [String: String] = [:]
    var isFast = false
    var thresholdsAreConfident = false
    var loops = 1  // of each target where they are loaded in parallel
    var output = Output()
    var skipsPreflight = false
    var saysYes = false
    var allowsPlaintextKey = false
    /// How long targets are waited for while they load; nil = not at all.
    var readyPatience: Duration?
    /// Where a batch's answers go, besides the result's folder's `answers.jsonl`.
    var answers: String?
    /// The interrupted run that this one finishes.
    var interrupted: InterruptedRun?
    /// Its place among the machines that share the run, and the instant at which it begins.
    var split = Split()
    /// A ramp that looks for the highest level that keeps a promise.
    var search: Search?
    /// How often a level that the load generator disturbed is measured again.
    var retryDisturbed = 0
    /// Whether the ceiling of this machine's self-test applies; not to the self-test itself.
    var heedsSelftest = true

    init(_ profile: Profile, yaml: String) {
        self.profile = profile
        plan = profile.plan()
        profileYAML = yaml
    }

    var targets: [Target] { profile.targets }

    func plan(of target: Target) -> RunPlan {
        var plan = plan
        plan.breakerAfter = target.breakerAfter
        return plan
    }

    /// Targets in parallel have loops of their own.
    var loopsOfAllRuns: Int { profile.order == .parallel ? loops * targets.count : loops }

    struct Search: Sendable {
        var promise: RequestPromise
        var range: ClosedRange<Int>

        var start: CapacitySearch { CapacitySearch(range: range, percentile: promise.percentile) }
    }

    struct Output: Sendable {
        /// The run's own folder; nil = a new one in the profile's.
        var exactly: String?
        var quiet = false
        var json = false
        var full = false
        var noColour = false
        /// Where the page of the run is served while it goes on; 0 = any free port, nil = nowhere.
        var livePort: Int?
        /// Where the run's own metrics are served; nil = nowhere.
        var metrics: Telemetry.Place?
        /// The file that events are appended to.
        var events: String?
    }
}
