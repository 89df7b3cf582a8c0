public import Measurement

/// The door to the store: nothing that others said passes it with a secret.
public final class RedactingSink: RecordSink {
    private let sink: any RecordSink
    private let redactor: @Sendable () -> Redactor

    public init(_ sink: any RecordSink, _ redactor: @escaping @Sendable () -> Redactor) {
        self.sink = sink
        self.redactor = redactor
    }

    public func write(_ batch: RecordBatch) {
        var batch = batch
        batch.mapForeignTexts(redactor().redacted)
        sink.write(batch)
    }
}
