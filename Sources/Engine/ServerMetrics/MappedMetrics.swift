public import Measurement
internal import Wire

/// A server's metrics text as facts, by replica. Pure.
public struct MappedMetrics: Sendable {
    /// The engines whose names were met.
    public private(set) var engines: [String] = []
    /// By replica, in the order of their names. None where the text holds no name that is known.
    public private(set) var replicas: [(name: String, values: [ServerFact: Double])] = []
    /// Of all that the text has, mapped or not.
    public let names: Set<String>

    /// - Parameter model: where series name a model and some name this one, only those count.
    public init(_ bytes: [UInt8], model: String) {
        let text = MetricsText(bytes) { MetricDialect.known.contains($0) }
        names = text.names
        let byName = Dictionary(grouping: text.samples, by: \.name)
        var found: [String: [ServerFact: Double]] = [:]
        for dialect in MetricDialect.all where !dialect.isOfAnyProcess || !engines.isEmpty {
            var isMet = false
            for row in dialect.rows {
                guard let name = row.names.first(where: { byName[$0] != nil }) else { continue }
                isMet = true
                let samples = ([name] + row.adds).flatMap { byName[$0] ?? [] }
                let own = Self.ofModel(model, samples).filter { sample in
                    row.only.map { sample[$0.label] == $0.value } ?? true
                }
                for (replica, samples) in Dictionary(grouping: own, by: { Self.replica($0, dialect) }) {
                    // The first engine that says a fact is believed: a text may hold those of a machine's GPUs as well.
                    guard found[replica]?[row.fact] == nil, let value = row.value(of: samples.map(\.value)) else {
                        continue
                    }
                    found[replica, default: [:]][row.fact] = value
                }
            }
            if isMet, !dialect.isOfAnyProcess, !engines.contains(dialect.name) { engines.append(dialect.name) }
        }
        replicas = found.sorted { Self.natural($0.key, $1.key) }.map { (name: $0.key, values: $0.value) }
    }

    private static func ofModel(_ model: String, _ samples: [MetricsText.Sample]) -> [MetricsText.Sample] {
        guard !model.isEmpty else { return samples }
        let own = samples.filter { $0["model_name"] == model }
        return own.isEmpty ? samples : own
    }

    private static func replica(_ sample: MetricsText.Sample, _ dialect: MetricDialect) -> String {
        let labels = (MetricDialect.commonReplicaLabels + dialect.replicaLabels).compactMap { label in
            sample[label].map { "\(label)=\($0)" }
        }
        return labels.joined(separator: ",")
    }

    /// `engine=2` before `engine=10`.
    private static func natural(_ a: String, _ b: String) -> Bool {
        (a.count, a) < (b.count, b)
    }
}

extension MetricName {
    /// nil where a value is none that can be reckoned with; a negative one is none.
    fileprivate func value(of values: [Double]) -> Double? {
        guard !values.isEmpty, values.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
        let sum = values.reduce(0, +) * factor
        let folded = fold == .mean ? sum / Double(values.count) : sum
        return folded.isFinite ? folded : nil
    }
}
