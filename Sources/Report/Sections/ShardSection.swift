import Measurement

/// The machines of a run, as the report says them.
enum ShardSection {
    /// A result that is a part of a run, or lacks one.
    static func banner(_ shards: ShardsResult) -> Block? {
        if shards.isOnePart, let shard = shards.shards.first {
            return .banner(
                word: "SHARD",
                tone: .caution,
                text:
                    "shard \(shard.index) of \(shards.count) (0 to \(shards.count - 1)): a part of the load; spate merge joins them"
            )
        }
        guard let part = shards.partOfLoad else { return nil }
        let named = shards.missing.prefix(20).map(String.init).joined(separator: ", ")
        let rest = shards.missing.count > 20 ? " and \(shards.missing.count - 20) more" : ""
        let subject = shards.missing.count == 1 ? "shard \(named) is" : "shards \(named)\(rest) are"
        return .banner(
            word: "PARTIAL",
            tone: .bad,
            text: "\(subject) missing: all figures are of \(part) of the load"
        )
    }

    /// Which machine was slow, and how far apart they were.
    static func blocks(_ result: RunResult) -> [Block] {
        guard let shards = result.shards, !shards.isOnePart else { return [] }
        var sentences: [String] = []
        if let skew = shards.startSkewMilliseconds {
            sentences.append(
                shards.shards.contains { $0.late > 0 }
                    ? "They began within \(Figure.duration(milliseconds: skew)) of one another."
                    : "All began at the agreed instant, each by its own clock."
            )
        }
        let edges = result.targets.flatMap(\.phases).flatMap(\.bursts).compactMap(\.shardSkewMilliseconds)
        if let widest = edges.max() {
            let subject = edges.count == 1 ? "Its burst left" : "Their \(Figure.count(edges.count)) bursts left"
            sentences.append("\(subject) within \(Figure.duration(milliseconds: widest)) on all of them.")
        }
        if let clocks = shards.clockUncertaintyMilliseconds {
            sentences.append(
                clocks == 0
                    ? "They share one clock."
                    : "Their clocks agree to \(Figure.duration(milliseconds: clocks))."
            )
        } else {
            sentences.append(
                "Their clocks may differ: no rendezvous compared them, and not all are synchronised."
            )
        }
        let columns: [TableColumn<ShardRecord>] = [
            TableColumn("shard", tone: .strong) { "\($0.index)" },
            TableColumn("machine", alignment: .left, flexible: true) { SafeText.line($0.host, limit: 40) },
            TableColumn("n") { $0.requests.map { Figure.count($0) } ?? Figure.unknown },
            TableColumn("ok") { $0.successes.map { Figure.count($0) } ?? Figure.unknown },
            TableColumn("TTFT", "p50") { Figure.duration(milliseconds: $0.ttftP50) },
            TableColumn("TTFT", "p95") { Figure.duration(milliseconds: $0.ttftP95) },
            TableColumn("e2e", "p50", dropRank: 2) { Figure.duration(milliseconds: $0.e2eP50) },
            TableColumn("late", dropRank: 1) { Figure.duration(milliseconds: Double($0.late) / 1e6) },
            TableColumn("clock", "offset", dropRank: 1, text: offset),
            TableColumn("CPU", dropRank: 3) {
                $0.cpuPercent.map { Figure.percent(share: $0 / 100) } ?? Figure.unknown
            },
            TableColumn("verdict", alignment: .left) { shard in
                let verdict = shard.verdict ?? Figure.unknown
                return Span(SafeText.line(verdict, limit: 20), verdict == "valid" ? .plain : .caution)
            },
        ]
        let all = shards.shards.flatMap { shard in
            shard.reasons.map { SafeText.line("shard \(shard.index) (\(shard.host)): \($0)", limit: 500) }
        }
        let most = 12
        let rest = all.count > most ? ["\(Figure.count(all.count - most)) more (all are in summary.json)"] : []
        let reasons = all.prefix(most) + rest
        return [
            .heading("Shards: \(Figure.count(shards.shards.count)) of \(Figure.count(shards.count))"),
            .sentence(sentences.joined(separator: " ")), .table(TextTable(columns, shards.shards)),
        ] + (reasons.isEmpty ? [] : [.list(Array(reasons))])
    }

    private static func offset(_ shard: ShardRecord) -> String {
        guard let offset = shard.offsetAfter ?? shard.offsetBefore else { return Figure.unknown }
        let bound = shard.offsetAfterBound ?? shard.offsetBeforeBound ?? 0
        let sign = offset < 0 ? "-" : ""
        return
            "\(sign)\(Figure.duration(milliseconds: Double(abs(offset)) / 1e6))±\(Figure.duration(milliseconds: Double(bound) / 1e6))"
    }
}
