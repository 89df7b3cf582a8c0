import Glibc
import Schedule

/// Reads a trace file line by line: only what is kept of it is in memory.
struct TraceFile {
    private static let mostFaults = 10
    private static let longestLine = 16 << 20

    let path: String
    let log: ProblemLog
    /// Where the profile names it, for what is wrong with the file as a whole.
    let place: ProfileError.Place
    let key: String

    /// The format of a file that does not say.
    func recognised() -> TraceFormat? {
        if access(path + "/run.sqlite", R_OK) == 0 { return .spate }  // a result folder of ours
        guard let first = firstLine() else { return nil }
        if let format = TraceFormat(recognising: first) { return format }
        let names = TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
        log.report(place, key, "the first line of \(path) tells no known format; say which with format: \(names)")
        return nil
    }

    private func firstLine() -> String? {
        var first: String?
        forEachLine { line, _ in
            first = line
            return false
        }
        return first
    }

    /// nil when something was reported.
    func read(_ format: TraceFormat, blockTokens: Int, seed: UInt64) -> Trace? {
        guard var reader = format.reader(blockTokens: blockTokens, seed: seed) else { return nil }
        guard let first = firstLine() else { return nil }
        if let other = TraceFormat(recognising: first), other != format {
            let form = "format: \(other.rawValue), or none"
            log.report(place, key, "the first line of \(path) is that of \(other.rawValue); allowed: \(form)")
            return nil
        }
        var trace = Trace(blockTokens: blockTokens)
        var faults = 0
        var isFatal = false
        func report(_ fault: TraceFault, _ line: Int) {
            faults += 1
            isFatal = isFatal || fault.isFatal
            if faults <= Self.mostFaults { log.report(.init(source: path, line: line), fault.key, fault.message) }
        }
        var last = 0
        forEachLine { line, number in
            last = number
            guard line.contains(where: { !$0.isWhitespace }) else { return true }
            do throws(TraceFault) { try reader.read(line, into: &trace) } catch { report(error, number) }
            return !isFatal && faults < 1000
        }
        if faults == 0, last > 0 {
            do throws(TraceFault) { try reader.finish(&trace) } catch { report(error, last) }
        }
        if faults > Self.mostFaults {
            log.report(.init(source: path), key, "\(faults - Self.mostFaults) more lines cannot be read")
        }
        guard faults == 0, last > 0 else { return nil }
        trace.finish()
        return trace
    }

    /// Lines without their ends; numbers from 1. Reports a file that cannot be read, and then gives none.
    private func forEachLine(_ body: (String, Int) -> Bool) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            log.report(place, key, "the file \(path) cannot be read: \(String(cString: strerror(errno)))")
            return
        }
        defer { close(descriptor) }
        var facts = stat()
        if fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
            log.report(place, key, "the file \(path) cannot be read: it is a folder")
            return
        }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var rest: [UInt8] = []  // of a line that goes on
        var number = 0
        func line(_ bytes: ArraySlice<UInt8>) -> Bool {
            number += 1
            let end = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
            return body(String(decoding: end, as: UTF8.self), number)
        }
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                log.report(place, key, "the file \(path) cannot be read: \(String(cString: strerror(errno)))")
                return
            }
            if count == 0 { break }
            var begin = 0
            while let end = piece[begin..<count].firstIndex(of: UInt8(ascii: "\n")) {
                rest += piece[begin..<end]
                let goesOn = line(rest[...])
                rest.removeAll(keepingCapacity: true)
                guard goesOn else { return }
                begin = end + 1
            }
            rest += piece[begin..<count]
            if rest.count > Self.longestLine {
                let message = "a line of more than 16 MiB; allowed: a line a row"
                log.report(.init(source: path, line: number + 1), key, message)
                return
            }
        }
        if !rest.isEmpty { _ = line(rest[...]) }
        if number == 0 { log.report(place, key, "the file \(path) is empty") }
    }
}
