import Engine
import Measurement
import Profile
import Schedule
import Ticks
import Wire

/// A run as it is to be done: everything decided, nothing started.
struct Job: Sendable {
    var name: String
    var label: String?
    var metadata: [String: String] = [:]
    var seed: UInt64
    var isFast = false
    var targets: [JobTarget]
    /// The profile as it was resolved, without secrets: `profile.yaml`.
    var profileYAML: String
    var slo = ServiceLevels()
    var thresholds: [String] = []
    var thresholdsAreConfident = false
    var limits = Limits()
    /// How several targets share the run.
    var order = TargetOrder.interleaved
    var loops = 1  // of each target where they are loaded in parallel
    var output = Output()
    var skipsPreflight = false
    var saysYes = false
    var allowsPlaintextKey = false
    var warnings: [String] = []
    /// What the traffic is for.
    var workload: String?
    /// Where a batch's answers go, besides the result's folder's `answers.jsonl`.
    var answers: String?
    /// The interrupted run that this one finishes.
    var resumption: Resumption?
    /// Its place among the machines that share the run, and the instant at which it begins.
    var split = Split()
    /// A ramp that looks for the highest level that keeps a promise.
    var search: Search?
    /// How often a level that the load generator disturbed is measured again.
    var retryDisturbed = 0
    /// Whether the ceiling of this machine's self-test applies; not to the self-test itself.
    var heedsSelftest = true

    /// Targets in parallel have loops of their own.
    var loopsOfAllRuns: Int { order == .parallel ? loops * targets.count : loops }

    /// The profile's `slo`, milliseconds.
    struct ServiceLevels: Sendable { var ttft, tpot, e2e: Double? }

    struct Search: Sendable {
        var promise: RequestPromise
        var range: ClosedRange<Int>

        var start: CapacitySearch { CapacitySearch(range: range, percentile: promise.percentile) }
    }

    struct Output: Sendable {
        /// Parent of the run's own folder; `exactly` overrides it.
        var parent = "results"
        var exactly: String?
        var quiet = false
        var json = false
        var full = false
        var noColour = false
        var html = true
        var requests = KeptRows.all
        /// Where the page of the run is served while it goes on; 0 = any free port, nil = nowhere.
        var livePort: Int?
        /// Where the run's own metrics are served; nil = nowhere.
        var metrics: Telemetry.Place?
        /// The file that events are appended to.
        var events: String?
    }
}

/// One target of a job, before it has been looked at.
struct JobTarget: Sendable {
    var name: String
    var location: Target.Location
    var model: String?  // nil: the only one that GET /models lists
    var provider: Provider
    var key: KeySource?
    /// The variable that the key is to come from, where it is not set.
    var missingKey: String?
    var price = Price()
    var dollarsPerHour: Double?
    var isInsecure = false
    var connection = TargetConnection()
    /// Where its servers tell of themselves.
    var metrics: [MetricsAddress] = []
    /// The target before which it stands, as a gateway.
    var gatewayTo: String?
    /// How long it is waited for while it loads; nil = not at all.
    var readyPatience: Duration?
    /// What the catalogue knows of its provider.
    var preset: ProviderCatalogue.Entry?
    var plan: RunPlan

    var isSimulated: Bool { if case .simulated = location { true } else { false } }
}
