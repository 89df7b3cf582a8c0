import Engine
import Measurement
import Schedule
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
    var loops = 1
    var output = Output()
    var skipsPreflight = false
    var saysYes = false
    var allowsPlaintextKey = false
    var warnings: [String] = []

    /// The profile's `slo`, milliseconds.
    struct ServiceLevels: Sendable { var ttft, tpot, e2e: Double? }

    struct Output: Sendable {
        /// Parent of the run's own folder; `exactly` overrides it.
        var parent = "results"
        var exactly: String?
        var quiet = false
        var json = false
        var noColour = false
    }
}

/// One target of a job, before it has been looked at.
struct JobTarget: Sendable {
    enum Place: Sendable {
        /// The built-in provider, started as a process of its own.
        case simulated(SimulatedPlace)
        case remote(Origin)
    }

    /// The scenario to play, as `spate simulate` takes it.
    struct SimulatedPlace: Sendable, Hashable {
        var scenario: String  // name of a built-in one, or a file
        var timeScale = 1.0
    }

    /// Where a URL points: `scheme://host:port` and the path without the API's own.
    struct Origin: Sendable, Hashable {
        var isTLS: Bool
        var host: String
        var port: Int
        var basePath: String

        /// This machine: no consent and no encryption needed.
        var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
        var url: String { "\(isTLS ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(basePath)" }
    }

    var name: String
    var place: Place
    var model: String?  // nil: the only one that GET /models lists
    var provider: Provider
    var key: KeySource?
    var price: Price = Price()
    var dollarsPerHour: Double?
    var isInsecure = false
    var rootsFile: String?
    var plan: RunPlan

    var isSimulated: Bool { if case .simulated = place { true } else { false } }
}
