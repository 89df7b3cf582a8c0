import Glibc
import Measurement
import Store
import Ticks

/// Writes what the models answered to the prompts of jobs: `answers.jsonl` beside the result, or where `--answers` says.
enum AnswerFiles {
    /// Gives the files that were written: one for each target and job.
    static func write(_ recorded: RecordedRun, folder: RunFolder, to other: String?) throws(Failure) -> [String] {
        let jobs = recorded.phases.filter { $0.kind == .batch }
        guard !jobs.isEmpty else { return [] }
        var files: [Int: LineFile] = [:]
        var problem: Failure?
        do throws(StoreError) {
            try RunStore.forEachAnswer(of: folder.path) { phase, _, line in
                guard problem == nil, let job = jobs.first(where: { $0.id == phase }) else { return }
                do throws(Failure) {
                    if files[phase] == nil {
                        files[phase] = try LineFile(other ?? folder.file(name(of: job, among: jobs, recorded.targets)))
                    }
                    try files[phase]?.append(line)
                } catch {
                    problem = error
                }
            }
        } catch {
            throw Failure(.localIO, "\(error)")
        }
        if let problem { throw problem }
        for file in files.values { try file.close() }
        return files.sorted { $0.key < $1.key }.map(\.value.path)
    }

    private static func name(of job: PhaseRecord, among jobs: [PhaseRecord], _ targets: [TargetRecord]) -> String {
        var name = "answers"
        if targets.count > 1, let target = targets.first(where: { $0.id == job.target }) {
            name += "-" + String(target.name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "-" })
        }
        if jobs.count(where: { $0.target == job.target }) > 1 { name += "-" + job.name }
        return name + ".jsonl"
    }
}

/// A text file written line by line under a temporary name, and put in its place when it is whole.
final class LineFile {
    let path: String
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ path: String) throws(Failure) {
        self.path = path
        temporary = "\(path).tmp-\(getpid())"
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    func append(_ line: String) throws(Failure) {
        buffer.append(contentsOf: line.utf8)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count > 1 << 16 { try flush() }
    }

    func close() throws(Failure) {
        try flush()
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0, rename(temporary, path) == 0 else {
            throw Self.failure(path)
        }
    }

    private func flush() throws(Failure) {
        var offset = 0
        while offset < buffer.count {
            let count = buffer.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            offset += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String) -> Failure {
        Failure(.localIO, "cannot write \(path): \(String(cString: strerror(errno)))")
    }
}
