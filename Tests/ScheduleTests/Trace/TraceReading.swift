import Schedule
import Testing

/// A trace of these lines of a file.
func read(_ format: TraceFormat, _ lines: [String], block: Int = 512, seed: UInt64 = 1) throws -> Trace {
    var reader = try #require(format.reader(blockTokens: block, seed: seed))
    var trace = Trace(blockTokens: block)
    for line in lines { try reader.read(line, into: &trace) }
    try reader.finish(&trace)
    trace.finish()
    return trace
}

/// Why these lines are no trace.
func refusal(_ format: TraceFormat, _ lines: [String]) -> TraceFault? {
    do { _ = try read(format, lines) } catch { return error as? TraceFault }
    return nil
}
