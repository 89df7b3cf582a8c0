import Schedule
import Wire

/// Prompts from a JSONL file: one object a line (`PromptLine`); a file for OpenAI's batch API (`BatchFile`), or one of
/// ShareGPT's conversations (`ShareGPTFile`). Empty lines are skipped.
enum PromptFile {
    struct Contents {
        var prompts: [Prompt] = []
        /// Whether its prompts must be sent as they are and answered by name: a file for OpenAI's batch API.
        var isBatch = false
    }

    private static let mostFaults = 10  // that are told

    /// Reports what cannot be read, by line of the file; at most ten lines of them.
    /// - Parameters:
    ///   - wholeConversations: whether all questions of a ShareGPT entry are taken, not only the first.
    ///   - hasNonces: whether a nonce comes before each prompt.
    static func read(
        _ path: String,
        key: String,
        place: ProfileError.Place,
        wholeConversations: Bool,
        hasNonces: Bool,
        log: ProblemLog
    ) -> Contents {
        let text: String
        do {
            text = try TextFile.read(path)
        } catch {
            log.report(place, key, "the file \(path) \(error.message)")
            return Contents()
        }
        if ShareGPTFile.claims(text) {
            guard let prompts = ShareGPTFile.read(text, wholeConversations: wholeConversations), !prompts.isEmpty else {
                let form = "[{\"conversations\": [{\"from\": \"human\", \"value\": text}]}]"
                log.report(
                    place,
                    key,
                    "the file \(path) is a JSON array, but not of conversations; allowed: \(form), or JSONL"
                )
                return Contents()
            }
            return Contents(prompts: prompts)
        }
        let parser = JSONParser()
        var contents = Contents()
        var lineOfID: [String: Int] = [:]
        var faults = 0
        func fault(_ line: Int, _ message: String) {
            faults += 1
            if faults <= mostFaults { log.report(ProfileError.Place(source: path, line: line), key, message) }
        }
        for (index, line) in TextFile.lines(of: text).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            guard let members = parser.members(of: line) else {
                fault(index + 1, "not a JSON object; allowed: one a line, such as {\"prompt\": \"...\"}")
                continue
            }
            if BatchFile.claims(members) {
                contents.isBatch = true
                switch BatchFile.prompt(line, members, parser: parser) {
                case .success(let prompt):
                    if let id = prompt.id, let first = lineOfID.updateValue(index + 1, forKey: id) {
                        fault(
                            index + 1,
                            "custom_id: \"\(id.prefix(60))\" appears twice (line \(first)); once is allowed"
                        )
                    }
                    contents.prompts.append(prompt)
                case .failure(let problem): fault(index + 1, problem.message)
                }
            } else {
                let raw = !hasNonces && !wholeConversations
                switch PromptLine.prompt(members, rawMessagesAllowed: raw, parser: parser) {
                case .success(let prompt): contents.prompts.append(prompt)
                case .failure(let problem): fault(index + 1, problem.message)
                }
            }
        }
        if faults > mostFaults { log.report(place, key, "\(faults - mostFaults) more lines of \(path) cannot be read") }
        if contents.prompts.isEmpty && faults == 0 { log.report(place, key, "the file \(path) holds no prompt") }
        return contents
    }
}
