import Measurement
import Ticks

/// A phase: its load's own section, and what is said of any load.
enum PhaseSection {
    static func blocks(_ phase: PhaseResult) -> [Block] {
        let isEmpty = phase.stats.requests.scheduled == 0 && phase.steps.isEmpty && phase.bursts.isEmpty
        var blocks: [Block] =
            switch phase.kind {
            case .warmup, .idle, .trickle: []
            case _ where isEmpty: [.sentence("\(heading(phase)): no request was sent.", .dim)]
            case _ where phase.stats.embeddings != nil: EmbeddingSection.blocks(phase)
            case .ramp: RampSection.blocks(phase)
            case .burst: BurstSection.blocks(phase)
            case .rate, .replay: phase.steps.count > 1 ? RateSection.blocks(phase) : SingleLoadSection.blocks(phase)
            case .keepwarm: KeepwarmSection.blocks(phase)
            case .steady, .batch, .probe: SingleLoadSection.blocks(phase)
            }
        if !blocks.isEmpty {
            blocks += ConversationSection.blocks(phase)
            blocks += ServerSection.phase(phase)
            blocks += ProbeSection.blocks(phase)
            blocks += PowerSection.tries(phase)
            blocks += PowerSection.power(phase)
            blocks += verdict(phase).map { .detail($0) }
            blocks += outages(phase)
            blocks += incidents(phase)
        }
        return blocks
    }

    static func heading(_ phase: PhaseResult) -> String {
        let kind =
            switch phase.kind {
            case .warmup: "Warm-up"
            case .ramp: "Ramp"
            case .idle: "Idle"
            case .burst: "Burst"
            case .steady: "Steady load"
            case .rate: "Request rate"
            case .replay: "Replayed traffic"
            case .batch: "Batch"
            case .probe: "Probe"
            case .keepwarm: "Keep-warm"
            case .trickle: "Probes"
            }
        let name = SafeText.line(phase.name)
        let window = phase.window.map { ", time window \($0 + 1)" } ?? ""
        return (name.isEmpty || name == phase.kind.rawValue ? kind : "\(kind) (\(name))") + window
    }

    /// Nothing where the phase is valid: the whole run's line is enough.
    private static func verdict(_ phase: PhaseResult) -> [Block] {
        guard phase.validity.verdict != .valid else { return [] }
        let reasons = phase.validity.reasons.map { SafeText.line($0, limit: 1000) }.joined(separator: "; ")
        let tone: Tone = phase.validity.verdict == .invalid ? .bad : .caution
        return [.sentence("This phase is \(phase.validity.verdict.rawValue): \(reasons)", tone)]
    }

    /// Beside availability, for how many attempts an outage costs is the back-off's doing.
    private static func outages(_ phase: PhaseResult) -> [Block] {
        guard let down = phase.downSeconds, let length = phase.durationSeconds else { return [] }
        let outages = phase.incidents.filter { $0.kind == .outage }
        let attempts = outages.reduce(0) { $0 + ($1.attempts ?? 0) }
        let times = outages.count == 1 ? "one outage" : "\(outages.count) outages"
        let text =
            "The target was down \(Figure.duration(seconds: down)) of \(Figure.duration(seconds: length)): \(times), "
            + "\(Figure.count(attempts)) attempts. Availability counts attempts, and the back-off decides how many there were."
        return [.sentence(text, .bad)]
    }

    private static let incidentsShown = 5

    /// The server's and the way's to it; those of the load generator itself only in the full report.
    private static func incidents(_ phase: PhaseResult) -> [Block] {
        let theirs = phase.incidents.filter { $0.sentence != nil }
        let ours = phase.incidents.filter { $0.sentence == nil }
        return [incidents(theirs), incidents(ours).map { .detail($0) }].compactMap(\.self)
    }

    /// The longest ones; a machine that is always busy has hundreds.
    private static func incidents(_ incidents: [IncidentResult]) -> Block? {
        let shown = incidents.sorted { $0.lengthSeconds > $1.lengthSeconds }.prefix(incidentsShown)
        guard !shown.isEmpty else { return nil }
        let hidden = incidents.count - shown.count
        let rest =
            hidden == 0
            ? [] : ["and \(Figure.count(hidden)) shorter \(hidden == 1 ? "one" : "ones") (all are in summary.json)"]
        return .list(shown.sorted { $0.startSeconds < $1.startSeconds }.map(words) + rest)
    }

    private static func words(_ incident: IncidentResult) -> String {
        if let sentence = incident.sentence { return sentence + "." }
        let from = "at \(Figure.duration(seconds: incident.startSeconds))"
        let length = incident.endSeconds.map { ", for \(Figure.duration(seconds: $0 - incident.startSeconds))" }
        let attempts = incident.attempts.map { ": \(Figure.count($0)) attempts failed" }
        let detail = incident.detail.map { ": " + SafeText.line($0, limit: 1000) } ?? attempts
        let kind = incident.kind.rawValue.replacing("_", with: " ")
        return "\(kind) \(from)\(length ?? "")\(detail ?? "")"
    }
}
