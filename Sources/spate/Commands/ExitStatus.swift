import ArgumentParser

/// The contract's exit codes. If several hold, the first in this order wins.
enum ExitStatus: Int32, CaseIterable, Comparable {
    case badInput = 104  // options, profile or input files
    case localIO = 74
    case interrupted = 105
    case unusableTarget = 98
    case invalid = 97  // the measurement
    case thresholdFailed = 99
    case success = 0

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (a: ExitStatus, b: ExitStatus) -> Bool { a.order < b.order }
}

/// Ends the program with a message for a person.
struct Failure: Error, CustomStringConvertible {
    var status: ExitStatus
    var message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}
