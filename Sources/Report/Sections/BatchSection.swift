import Measurement

/// What doing a fixed job took, and where the time went.
enum BatchSection {
    static func blocks(_ batch: BatchResult, _ stats: RequestStatistics) -> [Block] {
        var blocks: [Block] = [.detail(.sentence(job(batch, stats), .strong))]
        var parts: [String] = []
        if let rate = stats.embeddingsPerSecond {
            parts.append("\(Figure.rate(rate)) embeddings/s over the whole job")
        } else if let rate = stats.outputTokensPerSecond {
            parts.append("\(Figure.rate(rate)) tokens/s over the whole job")
        }
        if stats.embeddings == nil, let steady = batch.steadyTPS, let seconds = batch.steadySeconds {
            parts.append(
                "\(Figure.rate(steady)) while all slots were busy (\(Figure.duration(seconds: seconds)) of it)"
            )
        }
        if let share = batch.tailShare, let seconds = batch.tailSeconds {
            parts.append(
                "waiting for the last few cost \(Figure.percent(share: share)) of the slots' time (nothing was left to "
                    + "start for the last \(Figure.duration(seconds: seconds)))"
            )
        }
        if !parts.isEmpty {
            let sentence = parts.joined(separator: "; ") + "."
            blocks.append(.sentence(sentence.prefix(1).uppercased() + sentence.dropFirst()))
        }
        if batch.interruptions > 0 {
            let times = batch.interruptions == 1 ? "once" : "\(Figure.count(batch.interruptions)) times"
            blocks.append(.sentence("The job was interrupted \(times); only the time it ran is counted."))
        }
        if let cost = stats.cost {
            var sentence = "The job cost \(Figure.dollars(cost.dollars))"
            if let each = cost.dollarsPerUsefulResult { sentence += ", \(Figure.dollars(each)) per useful answer" }
            blocks.append(.sentence(sentence + "."))
        }
        return blocks
    }

    private static func job(_ batch: BatchResult, _ stats: RequestStatistics) -> String {
        let prompts = batch.prompts ?? batch.promptsEnded
        let time = batch.makespanSeconds.map { " took \(Figure.duration(seconds: $0))" } ?? ""
        let width = batch.concurrency.map { ", \(Figure.count($0)) at a time," } ?? ""
        var sentence: String
        if batch.promptsEnded < prompts {
            sentence =
                "\(Figure.count(batch.promptsEnded)) of \(Figure.count(prompts)) prompts were done\(width.isEmpty ? "" : width)"
                + "\(time.replacing(" took ", with: " in ")): the job is not finished"
        } else {
            sentence = "\(Figure.count(prompts)) prompts\(width)\(time)"
        }
        return sentence + "."
    }
}
