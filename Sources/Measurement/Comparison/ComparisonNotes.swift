/// What must be known before two sides are compared, in sentences for somebody who knows none of the words.
enum ComparisonNotes {
    static func all(
        base: ComparedSide,
        _ others: [ComparedSide],
        _ summaries: [ComparisonResult.Side],
        countsBytes: Bool
    ) -> [String] {
        var notes: [String] = []
        for other in others { notes += tokens(base, other) + plans(base, other) + times(base, other) }
        notes += jobs([base] + others)
        if countsBytes { notes.append("Speeds are compared in bytes of text per second, which all sides count alike.") }
        let sides = [base] + others
        let fast = sides.filter(\.facts.fast)
        if !fast.isEmpty, fast.count < sides.count {
            notes.append(
                "The times of \(fast.map(\.name).joined(separator: ", ")) were scaled down (--fast), the others' not."
            )
        }
        for (side, summary) in zip(sides, summaries) {
            if !side.facts.isComplete {
                notes.append("\(side.name): a run of it did not end; what was stored until then is compared.")
            }
            if side.facts.verdict != .valid {
                notes.append(
                    "\(side.name): its measurement is \(side.facts.verdict.rawValue); its own report says why."
                )
            }
            if summary.windowsAgree == false {
                notes.append(
                    "\(side.name): its \(side.windows.count) time windows disagree"
                        + (summary.windowCorrelation.map { " (intraclass correlation \(inWords($0)))" } ?? "")
                        + ", so they are shown one by one and not pooled."
                )
            }
        }
        let fewest = ([base] + others).map(\.windows.count).min() ?? 0
        if fewest < 3 {
            notes.append(
                fewest == 1
                    ? "One time window: another hour or another day may rank them differently."
                    : "\(fewest) time windows: three or more would show how much the hour matters."
            )
        }
        return notes.uniqued
    }

    private static func tokens(_ base: ComparedSide, _ other: ComparedSide) -> [String] {
        var notes: [String] = []
        if let x = base.facts.bytesPerVisibleToken, let y = other.facts.bytesPerVisibleToken {
            let sizes = "\(base.name) \(inWords(x)), \(other.name) \(inWords(y)) bytes of text per token"
            if ComparisonResult.tokenSizesDiffer(base, other) {
                notes.append("token counts are not comparable: one model, yet \(sizes).")
            } else if base.model?.lowercased() != other.model?.lowercased(),
                abs(y / x - 1) > ComparisonResult.tokenSizeLimit
            {
                notes.append("Different models cut text into tokens of different sizes: \(sizes).")
            }
        }
        // By what both count alike.
        let inBytes = ComparisonResult.tokenSizesDiffer(base, other)
        let lengths = [base, other].map { inBytes ? $0.facts.textBytesPerRequest : $0.facts.outputTokensPerRequest }
        if let x = lengths[0], let y = lengths[1], abs(y / x - 1) > ComparisonResult.lengthLimit {
            notes.append(
                "Answers differ in length: \(inWords(x)) \(inBytes ? "bytes" : "tokens") from \(base.name), \(inWords(y)) from \(other.name). "
                    + "Longer answers take longer; fix the length (ignore_eos) to compare speeds."
            )
        }
        if let x = base.facts.tokenSource, let y = other.facts.tokenSource, x != y {
            let counted = x == .events ? base.name : other.name
            notes.append("Tokens of \(counted) are counted events, those of the other are what the server billed.")
        }
        return notes
    }

    /// What cutting a job, or doing it at another width, makes of its figures.
    private static func jobs(_ sides: [ComparedSide]) -> [String] {
        let looks = sides.map { $0.windows.flatMap { $0.looks.filter { $0.batch != nil } } }
        var notes: [String] = []
        let blocks = looks.joined().compactMap { look in
            if case .job(.some(let block), _) = look.key { block + 1 } else { nil }
        }
        if let count = blocks.max(), count > 1 {
            notes.append(
                "The job was done in \(count) blocks, between which the targets took turns: the makespan is the sum of the "
                    + "blocks', and each waits for its own last answers. In one go (order: parallel, or a run for each) the "
                    + "tail comes once."
            )
        }
        let widths = Set(looks.joined().map(\.concurrency)).sorted()
        if widths.count > 1 {
            let listed = widths.map { String($0) }.joined(separator: ", ")
            notes.append("The jobs were done at different concurrency (\(listed)): their rates are not at equal load.")
        }
        return notes
    }

    private static func plans(_ base: ComparedSide, _ other: ComparedSide) -> [String] {
        var notes: [String] = []
        if base.facts.loops != other.facts.loops {
            notes.append(
                "\(base.name) and \(other.name) were loaded by different rules: a closed loop waits for answers before it "
                    + "asks again, an open one does not. Their waiting times cannot be compared."
            )
        }
        if base.facts.scheduleSHA256 != other.facts.scheduleSHA256 {
            notes.append(
                "The plans of \(base.name) and \(other.name) have different hashes: prompts, load or seed differ, or one of "
                    + "them was stored by a version of spate that hashes plans in another way."
            )
        }
        let (x, y) = (base.facts.calibration, other.facts.calibration)
        if base.facts.scheduleSHA256 == other.facts.scheduleSHA256, !Self.agree(x, y) {
            notes.append(
                "The prompts of \(base.name) and \(other.name) were sized by different counts of tokens: they are as many "
                    + "tokens, and not the same text."
            )
        }
        if base.facts.simulated != other.facts.simulated {
            let simulated = base.facts.simulated ? base.name : other.name
            notes.append("\(simulated) is the built-in simulated provider, no real service.")
        }
        return notes
    }

    /// Whether prompts were written by the same counts.
    private static func agree(_ x: CalibrationRecord?, _ y: CalibrationRecord?) -> Bool {
        let found = [x, y].map { record in record.flatMap { $0.isApplied ? $0 : nil } }
        switch (found[0], found[1]) {
        case (nil, nil): return true
        case (let x?, let y?): return x.agrees(with: y)
        case (nil, _?), (_?, nil): return false
        }
    }

    /// When a side was asked, beside the base.
    enum Order: Sendable, Hashable {
        case otherRuns, sequential, parallel
        case mixed  // in turns, or in windows in which each came first now and then

        var isApart: Bool { self == .otherRuns || self == .sequential }
    }

    static func order(_ base: ComparedSide, _ other: ComparedSide) -> Order {
        let runs = Set((base.windows + other.windows).map(\.run))
        if Set(base.windows.map(\.run)) != Set(other.windows.map(\.run)) { return .otherRuns }
        guard runs.count == 1, base.windows.count < 3 else { return .mixed }
        let (a, b) = (base.windows.flatMap(\.phases), other.windows.flatMap(\.phases))
        guard a.contains(where: { x in b.contains { overlap(x, $0) } }) else { return .sequential }
        return a.contains { $0.blocks != nil } ? .mixed : .parallel
    }

    private static func times(_ base: ComparedSide, _ other: ComparedSide) -> [String] {
        switch order(base, other) {
        case .mixed: []
        case .otherRuns: ["The runs are of different times: what changed with the hour is in the ratio, too."]
        case .parallel:
            ["The targets were loaded at the same time; on one machine or one line they may have slowed each other."]
        case .sequential:
            [
                "The targets were asked one after the other: what changed with the hour is in the ratio, too. "
                    + "Phases of several blocks are interleaved (order: interleaved)."
            ]
        }
    }

    private static func overlap(_ a: PhaseResult, _ b: PhaseResult) -> Bool {
        guard let x = a.startedSeconds, let y = b.startedSeconds, let longX = a.elapsedSeconds,
            let longY = b.elapsedSeconds
        else { return false }
        return x < y + longY && y < x + longX
    }
}
