import GRDB
import Glibc

/// Why a `run.sqlite` cannot be written or read; names the file and says what to change.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: String, Sendable, Hashable {
        case missing  // no such file
        case exists  // it is there already, and nothing is overwritten
        case notARun  // not SQLite, or not ours
        case version  // written by another version of the schema
        case corrupt  // a page or a value that cannot be
        case full  // no space left
        case readOnly  // the medium or the permissions forbid it
        case busy  // another process holds it
        case memory  // there is too little for what it holds
        case inputOutput  // anything else the system said
        case closed  // written to after the end
    }

    public var path: String
    public var reason: Reason
    public var detail: String

    public init(path: String, reason: Reason, detail: String) {
        self.path = path
        self.reason = reason
        self.detail = detail
    }

    public var description: String { "\(path): \(detail)" }
}

extension StoreError {
    /// What SQLite said about `path`.
    init(path: String, _ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(path: path, error)
        case let row as CorruptRow:
            self.init(
                path: path,
                reason: .corrupt,
                detail: "table \(row.table), row \(row.row + 1), column \(row.column) holds \(row.value.prefix(80)), "
                    + "which no run has"
            )
        default: self.init(path: path, reason: .inputOutput, detail: "\(error)")
        }
    }

    private init(path: String, _ error: DatabaseError) {
        let words = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL: self.init(path: path, reason: .full, detail: "no space left (\(words))")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(path: path, reason: .readOnly, detail: "cannot be written (\(words))")
        case .SQLITE_NOTADB: self.init(path: path, reason: .notARun, detail: "not a SQLite file")
        case .SQLITE_CORRUPT: self.init(path: path, reason: .corrupt, detail: "damaged (\(words))")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(path: path, reason: .busy, detail: "another process holds it (\(words))")
        default: self.init(path: path, reason: .inputOutput, detail: words)
        }
    }

    /// What the system said when it was asked to `action`.
    init(path: String, errno code: CInt, action: String) {
        let reason: Reason =
            switch code {
            case ENOENT, ENOTDIR: .missing
            case EEXIST: .exists
            case ENOSPC, EDQUOT: .full
            case EROFS, EACCES, EPERM: .readOnly
            default: .inputOutput
            }
        self.init(path: path, reason: reason, detail: "cannot \(action): \(String(cString: strerror(code)))")
    }
}
