/// What a loop hands to the store in one go, about four times a second.
public struct RecordBatch: Sendable {
    public var requests: [RequestRecord] = []
    public var bins: [BinRecord] = []
    public var histograms: [HistogramRecord] = []
    public var health: [HealthRecord] = []
    public var incidents: [IncidentRecord] = []
    public var answers: [AnswerRecord] = []
    public var serverReadings: [ServerReading] = []
    public var serverTexts: [ServerText] = []
    /// Rows to insert or to replace by id.
    public var targets: [TargetRecord] = []
    public var phases: [PhaseRecord] = []
    public var steps: [StepRecord] = []
    public var shards: [ShardRecord] = []

    public init() {}

    public var isEmpty: Bool {
        requests.isEmpty && bins.isEmpty && histograms.isEmpty && health.isEmpty && incidents.isEmpty
            && targets.isEmpty && phases.isEmpty && steps.isEmpty && answers.isEmpty && shards.isEmpty
            && serverReadings.isEmpty && serverTexts.isEmpty
    }
}

/// Takes batches from the loops. `write` is called from any thread and must not block.
public protocol RecordSink: AnyObject, Sendable {
    func write(_ batch: RecordBatch)
}
