import Engine
import Glibc
import Measurement
import Profile
import Schedule
import Store

/// The folder of a run that was cut off, which goes on in it under its own id.
struct InterruptedRun: Sendable {
    let folder: String
    let resumption: Resumption
    private var stored: RecordedRun { resumption.stored }

    init(_ folder: String) throws(Failure) {
        let plain = folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
        self.folder = plain
        if RunFolder.isTaken(plain) {
            throw Failure(.badInput, "--resume \(plain): a run is still writing to this folder")
        }
        do throws(StoreError) {
            resumption = Resumption(of: try StoredResult.read(plain), at: Int64(time(nil)) * 1_000_000_000)
        } catch { throw Failure(.badInput, "--resume \(plain): \(error)") }
    }

    var profile: String { "\(folder)/profile.yaml" }

    /// Where its answers were to be written besides; it goes on there.
    var answers: String? { stored.run.answers }

    /// Only the same plan goes on, and only where something is left of it.
    func check(_ job: Job) throws(Failure) {
        func refuse(_ message: String) -> Failure { Failure(.badInput, "--resume \(folder): \(message)") }
        guard job.search == nil, stored.run.find == nil else {
            throw refuse("a search decides each level by the one before; begin it anew")
        }
        guard stored.shards.isEmpty else {
            throw refuse("it is one machine's part of a run over several, or was merged from such parts")
        }
        guard job.plan.windows.count == 1 else { throw refuse("it has several time windows") }
        guard !stored.run.complete || stored.run.interrupted || stored.run.stoppedBy != nil else {
            throw refuse("the run came to its end; nothing is left of it")
        }
        guard stored.run.profileName == job.profile.name else {
            throw refuse("it is a run of the profile \(stored.run.profileName), not of \(job.profile.name)")
        }
        guard stored.run.scheduleSHA256 == job.plan.scheduleSHA256 else {
            throw refuse(
                "its plan is another one: seed, prompts, workload and phases must be the same "
                    + "(schedule \(stored.run.scheduleSHA256.prefix(12)), now \(job.plan.scheduleSHA256.prefix(12)))"
            )
        }
        let (before, now) = (stored.targets.map(\.name), job.targets.map(\.name))
        guard before == now else {
            throw refuse("its targets were \(before.joined(separator: ", ")), not \(now.joined(separator: ", "))")
        }
    }

    /// The same model at the same place; a simulated provider has a new port each time.
    func check(_ target: DialledTarget) throws(Failure) {
        guard let before = stored.targets.first(where: { $0.id == target.id }) else { return }
        let (name, model, url) = (target.asked.name, target.driven.model, target.place.url)
        guard before.model == model, target.asked.isSimulated || before.url == url else {
            throw Failure(
                .badInput,
                "--resume \(folder): \(name) was \(before.model ?? "?") at \(before.url), not \(model) at \(url)"
            )
        }
    }

    /// Its file, to be written on.
    func store(run: RunRecord, _ remainders: [Resumption.Remainder]) throws(StoreError) -> RunStore {
        try RunStore(resuming: "\(folder)/run.sqlite", run: run, unmeasured: Resumption.unmeasured(remainders))
    }
}
