import Wire

/// A server's `/metrics`.
///
/// Held: nothing is above its bound; a sample is one of the names; what is wanted changes no name.
enum FuzzMetrics {
    static func read(_ bytes: [UInt8]) {
        let all = MetricsText(bytes) { _ in true }
        let none = MetricsText(bytes) { _ in false }
        precondition(all.names == none.names && none.samples.isEmpty)
        precondition(none.malformed <= all.malformed)
        precondition(all.samples.count <= MetricsText.mostSamples && all.names.count <= MetricsText.mostNames)
        for sample in all.samples {
            precondition(all.isCut || all.names.contains(sample.name))
            precondition(sample.labels.count <= MetricsText.mostLabels && !sample.name.isEmpty)
        }
    }
}
