/// How alike the answers to the same prompt at temperature 0 are: a model or its precision that changes without notice
/// shows here.
public struct AnswerVariety: Sendable, Hashable {
    public var prompts = 0  // answered at least twice
    public var answers = 0  // to them
    public var distinct = 0  // among these, prompt by prompt

    /// 0 when every prompt always got the same answer, 1 when no two were alike: (distinct − prompts)/(answers − prompts).
    public var share: Double { Double(distinct - prompts) / Double(answers - prompts) }

    /// nil when no prompt was answered twice.
    init?(of successes: RequestSet) {
        var hashes: [Int: [Int64: Int]] = [:]
        successes.forEach { request in
            guard let prompt = request.prompt, let hash = request.answerHash else { return }
            hashes[prompt, default: [:]][hash, default: 0] += 1
        }
        for counts in hashes.values {
            let given = counts.values.reduce(0, +)
            guard given > 1 else { continue }
            prompts += 1
            answers += given
            distinct += counts.count
        }
        if prompts == 0 { return nil }
    }
}
