import Glibc
import Schedule

/// Reads a trace file line by line, once: only what is kept of it is in memory.
struct TraceFile {
    enum Contents {
        case trace(TraceFormat, Trace)
        /// A result of ours, which is no text.
        case recordedRun
    }

    private static let mostFaults = 10
    private static let longestLine = 16 << 20

    let path: String
    let log: ProblemLog
    /// Where the profile names it, for what is wrong with the file as a whole.
    let place: ProfileError.Place
    let key: String

    /// - Parameters:
    ///   - format: nil where the first line must tell.
    ///   - blockTokens: nil for the format's own.
    /// - Returns: nil when something was reported.
    func read(_ format: TraceFormat?, blockTokens: Int?, seed: UInt64) -> Contents? {
        if format == .spate || access(path + "/run.sqlite", R_OK) == 0 { return .recordedRun }
        var format = format
        var reading: Reading?
        var (isRecordedRun, isRefused) = (false, false)
        var last = 0
        do throws(TextFile.Failure) {
            try TextFile.forEachLine(of: path, longest: Self.longestLine) { line, number in
                last = number
                let text = line.drop { $0.isWhitespace }
                if text.isEmpty || (reading == nil && text.first == "#") { return true }
                if reading == nil {
                    guard let found = self.format(of: line, wanted: format) else {
                        isRefused = true
                        return false
                    }
                    isRecordedRun = found == .spate
                    format = found
                    reading = Reading(found, blockTokens: blockTokens ?? found.blockTokens, seed: seed)
                }
                return reading?.take(line, number) ?? false
            }
        } catch {
            log.report(place, key, "the file \(path) \(error.message)")
            return nil
        }
        if isRecordedRun { return .recordedRun }
        guard last > 0 else {
            log.report(place, key, "the file \(path) is empty")
            return nil
        }
        guard var reading, let format else {
            if !isRefused { log.report(place, key, "the file \(path) has only blank lines and comments") }
            return nil
        }
        reading.finish(last)
        for (fault, line) in reading.faults.prefix(Self.mostFaults) {
            log.report(.init(source: path, line: line), fault.key, fault.message)
        }
        if reading.faults.count > Self.mostFaults {
            log.report(.init(source: path), key, "\(reading.faults.count - Self.mostFaults) more lines cannot be read")
        }
        guard reading.faults.isEmpty else { return nil }
        reading.trace.finish()
        return .trace(format, reading.trace)
    }

    /// The format by the first line that says something; nil when something was reported.
    private func format(of line: String, wanted: TraceFormat?) -> TraceFormat? {
        let recognised = TraceFormat(recognising: line)
        if let wanted {
            // A trace in seconds may have no member that Mooncake's has not.
            guard let recognised, recognised != wanted, (recognised, wanted) != (.mooncake, .bailian) else {
                return wanted
            }
            let form = "format: \(recognised.rawValue), or none"
            log.report(place, key, "the first line of \(path) is that of \(recognised.rawValue); allowed: \(form)")
            return nil
        }
        if let recognised { return recognised }
        let names = TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
        log.report(place, key, "the first line of \(path) has no known format; say which with format: \(names)")
        return nil
    }

    /// What has come of the lines so far.
    private struct Reading {
        private var reader: any TraceReader
        var trace: Trace
        private(set) var faults: [(TraceFault, line: Int)] = []

        init?(_ format: TraceFormat, blockTokens: Int, seed: UInt64) {
            guard let reader = format.reader(blockTokens: blockTokens, seed: seed) else { return nil }
            self.reader = reader
            trace = Trace(blockTokens: blockTokens)
        }

        /// Whether reading on makes sense.
        mutating func take(_ line: String, _ number: Int) -> Bool {
            do throws(TraceFault) { try reader.read(line, into: &trace) } catch {
                faults.append((error, number))
                if error.isFatal { return false }
            }
            return faults.count < 1000
        }

        mutating func finish(_ last: Int) {
            guard faults.isEmpty else { return }
            do throws(TraceFault) { try reader.finish(&trace) } catch { faults.append((error, last)) }
        }
    }
}
