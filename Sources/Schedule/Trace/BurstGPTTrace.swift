/// BurstGPT 1, 2 and 3 (HPMLL/BurstGPT): `Timestamp` in seconds, `Request tokens`, `Response tokens`, and others; the third
/// puts `Session ID` and `Elapsed time` (of the whole answer) in between, so columns go by name.
///
/// A row without response tokens is a request that failed.
enum BurstGPTRow: TraceTableRow {
    static let columns = ["Timestamp", "Request tokens", "Response tokens"]
    static let others = ["Session ID"]

    static func read(_ fields: [Substring], into trace: inout Trace) throws(TraceFault) {
        let time = try TraceTable.seconds(fields[0], columns[0])
        let input = try TraceTable.tokens(fields[1], columns[1])
        let output = try TraceTable.tokens(fields[2], columns[2])
        if output == 0 {
            trace.drop(.failed)
        } else if input == 0 {
            trace.drop(.noPrompt)
        } else {
            let session = trace.session(named: String(fields[3]))
            trace.add(Trace.Row(offset: time, inputTokens: input, outputTokens: output, session: session))
        }
    }
}
