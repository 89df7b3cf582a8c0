import Foundation

/// What becomes of a server's faults, directly and behind middlemen: the rows of FaultTable.md.
public enum FaultTable {
    public struct Row: Sendable, CustomStringConvertible {
        public var fault: String
        public var exit: Int32
        /// `outcome: detail`, one or more; by the way, "directly" or a middleman's name.
        private var cells: [String: [String]] = [:]

        public var description: String { fault }

        fileprivate init(_ names: [String], _ fields: [String]) {
            precondition(names.count == fields.count && names.starts(with: ["fault", "directly", "exit"]), "\(fields)")
            guard let exit = Int32(fields[2]) else { preconditionFailure("no exit code in \(fields)") }
            (fault, self.exit) = (fields[0], exit)
            for (name, field) in zip(names, fields) {
                cells[name] = (field == "=" ? fields[1] : field).components(separatedBy: " or ")
            }
        }

        public func allowed(_ way: String) -> [String] { cells[way] ?? [] }
        public var outcome: String { String(allowed("directly").first?.prefix { $0 != ":" } ?? "") }
    }

    public static let rows: [Row] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "FaultTable.md")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { preconditionFailure("no \(file.path)") }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        return lines.dropFirst().map { Row(lines[0], $0) }
    }()

    /// As a cell has it.
    public static func cell(_ outcome: String, _ detail: String?) -> String {
        detail.map { "\(outcome): \($0)" } ?? outcome
    }
}
