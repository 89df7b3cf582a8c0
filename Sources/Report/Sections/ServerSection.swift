import Measurement

/// What the servers' own metrics say, beside the client's figures.
enum ServerSection {
    // MARK: A phase

    static func phase(_ phase: PhaseResult) -> [Block] {
        var blocks: [Block] = []
        if phase.steps.count > 1, phase.steps.contains(where: { ($0.server?.readings ?? 0) > 0 }) {
            blocks.append(.detail(.sentence("What the server itself says, by row:", .dim)))
            blocks.append(.detail(.table(levels(phase.steps))))
            if let queue = ServerQueue(phase.steps) {
                blocks.append(.detail(.sentence(queue.sentence(phase.toldKnee))))
            }
        } else if let server = phase.steps.count == 1 ? phase.steps.first?.server : phase.server,
            let text = load(server)
        {
            blocks.append(.sentence("The server itself says: \(text)."))
        }
        return blocks + replicas(phase).map { .sentence($0) }
    }

    /// `8 requests running (at most 8), 3.1 waiting (at most 9), KV cache 54 % (at most 61 %)`; nil = it says nothing.
    private static func load(_ server: ServerResult) -> String? {
        func part(_ level: ServerResult.Level?, _ what: String, _ format: (Double?) -> String) -> String? {
            level.map { "\(format($0.mean)) \(what) (at most \(format($0.max)))" }
        }
        let parts = [
            part(server.running, "requests running", Figure.rate), part(server.waiting, "waiting", Figure.rate),
            server.queueMilliseconds.map { "\(Figure.duration(milliseconds: $0)) in its queue on average" },
            part(server.kvCacheUsage, "of the KV cache", { Figure.wholePercent(share: $0) }),
            server.prefixHitRate.map { "\(Figure.wholePercent(share: $0)) of the prompts found in the prefix cache" },
            server.preemptions.flatMap { $0 >= 1 ? "\(Figure.rate($0.rounded())) preemptions" : nil },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func levels(_ steps: [StepResult]) -> TextTable {
        let servers = steps.compactMap(\.server)
        func knows(_ path: KeyPath<ServerResult, ServerResult.Level?>) -> Bool {
            servers.contains { $0[keyPath: path] != nil }
        }
        func text(_ step: StepResult, _ cell: (ServerResult) -> String) -> String {
            step.server.map(cell) ?? Figure.unknown
        }
        let name = TableColumn<StepResult>(steps.contains { $0.concurrency != nil } ? "streams" : "rate", tone: .strong)
        {
            $0.concurrency.map { Figure.count($0) } ?? $0.rps.map(Figure.rate) ?? Figure.unknown
        }
        let load: [TableColumn<StepResult>] = [
            TableColumn("running", when: knows(\.running)) { text($0) { Figure.rate($0.running?.mean) } },
            TableColumn("waiting", when: knows(\.waiting)) { text($0) { Figure.rate($0.waiting?.mean) } },
            TableColumn("waiting", "most", dropRank: 3, when: knows(\.waiting)) {
                text($0) { Figure.rate($0.waiting?.max) }
            },
            TableColumn(
                "in its",
                "queue",
                dropRank: 1,
                when: servers.contains { $0.queueMilliseconds != nil }
            ) { text($0) { Figure.duration(milliseconds: $0.queueMilliseconds) } },
        ]
        let means: [TableColumn<StepResult>] = [
            TableColumn("KV cache", "most", when: knows(\.kvCacheUsage)) {
                text($0) { Figure.wholePercent(share: $0.kvCacheUsage?.max) }
            },
            TableColumn("prefix", "hits", dropRank: 2, when: servers.contains { $0.prefixHitRate != nil }) {
                text($0) { Figure.wholePercent(share: $0.prefixHitRate) }
            },
            TableColumn("pre-", "empted", dropRank: 4, when: servers.contains { $0.preemptions ?? 0 >= 0.5 }) {
                text($0) { Figure.rate($0.preemptions?.rounded()) }
            },
            TableColumn("replicas", dropRank: 5, when: servers.contains { ($0.replicasUp?.max ?? 0) > 1 }) {
                text($0) { Figure.rate($0.replicasUp?.mean) }
            },
            TableColumn("power", dropRank: 6, when: knows(\.gpuPowerWatts)) {
                text($0) { Figure.rate($0.gpuPowerWatts?.mean) + Figure.space + "W" }
            },
        ]
        return TextTable([name] + load + means, steps)
    }

    /// Mean requests in the server's queue, for the ramp's own table.
    static func waiting(_ step: StepResult) -> Span { Span(Figure.rate(step.server?.waiting?.mean)) }

    static func knowsWaiting(_ phase: PhaseResult) -> Bool { phase.steps.contains { $0.server?.waiting != nil } }

    /// Replicas that came after each edge, and who still waited for a first token then.
    private static func replicas(_ phase: PhaseResult) -> [String] {
        phase.bursts.compactMap { burst in
            guard !burst.replicas.isEmpty else { return nil }
            let shown = burst.replicas.prefix(6).enumerated().map { place, replica in
                let name = SafeText.line(replica.name, limit: 60)
                let wait = Figure.wholePercent(share: replica.share)
                let at = Figure.duration(seconds: replica.atSeconds)
                return place == 0
                    ? "\(name) answered \(at) after the edge, while \(wait) of it still waited"
                    : "\(name) after \(at) (\(wait))"
            }
            let more = burst.replicas.count > 6 ? ", and \(burst.replicas.count - 6) more" : ""
            let which = phase.bursts.count > 1 ? "Burst \(burst.index): " : ""
            let what = burst.replicas.count == 1 ? "one replica came" : "\(burst.replicas.count) replicas came"
            return "\(which)\(what): \(shown.joined(separator: ", "))\(more) (by the server's metrics)."
        }
    }

    /// Requests wait longer before the first token: where, as far as the server tells.
    static func waitSentence(_ phase: PhaseResult) -> String? {
        let first = phase.steps.first { step in
            guard let retention = step.retention, let decode = step.decodeRetention else { return false }
            return decode - retention > 0.05 && waitsLonger(step, than: phase.steps.first)
        }
        guard let first, let level = first.concurrency else { return nil }
        let footing = Footing(
            [phase.steps.first, first].compactMap(\.self).map { NamedRow(name: $0.load, validity: $0.validity) }
        )
        guard footing.isTold else { return nil }
        return
            "From \(Figure.count(level)) \(level == 1 ? "stream" : "streams") on requests wait longer before the first token "
            + "(\(place(first, phase.steps.first))): an answer keeps \(Figure.wholePercent(share: first.decodeRetention)) of its speed while "
            + "it streams, \(Figure.wholePercent(share: first.retention)) with the wait\(footing.care)."
    }

    /// Queue or prefill: without the server's word the two look alike.
    private static func place(_ step: StepResult, _ base: StepResult?) -> String {
        switch (step.server?.queues, base?.server?.queues) {
        case (true?, false?):
            let time = step.server?.queueMilliseconds
            let shown = time.map { ", \(Figure.duration(milliseconds: $0)) on average" } ?? ""
            // A queue that takes little of the wait that came on top is not what made it.
            if let time, let added = addedWait(step, base), time < added / 2 {
                return "queue or prefill; in the server's own queue\(shown)"
            }
            return "queue: \(Figure.rate(step.server?.waiting?.mean)) of them wait in the server's\(shown)"
        case (false?, _):
            let empty = step.server?.waitingShare == 0 ? "empty" : "almost empty"
            return "prefill, or a queue before the server: its own is \(empty)"
        default: return "queue or prefill"
        }
    }

    /// By how much the median first token comes later than at the lowest level, milliseconds.
    private static func addedWait(_ step: StepResult, _ base: StepResult?) -> Double? {
        guard let long = step.stats.ttftMilliseconds?.p50, let short = base?.stats.ttftMilliseconds?.p50 else {
            return nil
        }
        return long - short
    }

    /// The first token came later, by more than chance: where only decoding changed, the two parts of the speed part too.
    private static func waitsLonger(_ step: StepResult, than base: StepResult?) -> Bool {
        guard let low = step.stats.ttftMilliseconds?.p50Interval?.lower,
            let high = base?.stats.ttftMilliseconds?.p50Interval?.upper
        else { return false }
        return low > high
    }

    // MARK: A target

    static func target(_ target: TargetResult) -> [Block] {
        guard let server = target.server else { return [] }
        var blocks: [Block] = [.heading("Against the server's own counters")]
        if let result = server.reconciled {
            blocks += compared(result)
        } else {
            let text =
                server.readings == 0
                ? "Nothing could be read of the server's metrics." : "The server has no counter of tokens or requests."
            blocks.append(.sentence(text, server.readings == 0 ? .caution : .dim))
        }
        if server.restarts > 0 {
            let times = server.restarts == 1 ? "once" : "\(server.restarts) times"
            blocks.append(.sentence("The server's counters fell \(times), as they do after a restart.", .caution))
        }
        blocks += server.problems.map { problem in
            .sentence(
                "\(SafeText.line(problem.source, limit: 200)): \(Figure.count(problem.failed)) of "
                    + "\(Figure.count(problem.readings)) readings failed; the last: \(SafeText.line(problem.words, limit: 300)).",
                .caution
            )
        }
        if server.replicas.count > 1 { blocks.append(.detail(.table(replicas(server.replicas)))) }
        return blocks
    }

    private static func compared(_ result: ServerReconciliation) -> [Block] {
        if let why = result.withheld { return [.sentence("They were not compared: \(SafeText.line(why)).", .dim)] }
        let named = [
            ("input tokens", result.promptTokens), ("output tokens", result.outputTokens), ("answers", result.requests),
        ]
        typealias Row = (name: String, pair: ServerReconciliation.Pair)
        let rows: [Row] = named.compactMap { name, pair in pair.map { (name, $0) } }
        let columns: [TableColumn<Row>] = [
            TableColumn("", alignment: .left) { $0.name }, TableColumn("here") { Figure.count($0.pair.ours) },
            TableColumn("server") { Figure.count($0.pair.server) },
            TableColumn("difference") { row in
                let (ours, difference) = (row.pair.ours, row.pair.difference)
                let sign = difference > 0 ? "+" : difference < 0 ? "−" : ""
                let share = ours > 0 && difference != 0 ? Double(difference.magnitude) / Double(ours) : nil
                let beside = share.map { " (\(Figure.percent(share: $0)))" } ?? ""
                return Span(
                    "\(sign)\(Figure.count(difference.magnitude))\(beside)",
                    difference == 0 ? .good : .caution
                )
            },
        ]
        var blocks: [Block] = [.table(TextTable(columns, rows))]
        guard !result.agrees else { return blocks }
        var notes: [String] = []
        if result.unfinished > 0 {
            let what =
                result.unfinished == 1 ? "request ended before its answer" : "requests ended before their answers"
            notes.append(
                "\(Figure.count(result.unfinished)) \(what): what the server made for them is in its count alone."
            )
        }
        if result.uncounted > 0 {
            let what = result.uncounted == 1 ? "answer came" : "answers came"
            notes.append(
                "\(Figure.count(result.uncounted)) \(what) without the server's count of tokens and was counted here."
            )
        }
        if notes.isEmpty { notes.append("Nothing seen here explains the difference.") }
        blocks.append(.sentence(notes.joined(separator: " "), .dim))
        return blocks
    }

    private static func replicas(_ replicas: [ServerResult.Replica]) -> TextTable {
        let hasSources = Set(replicas.map(\.source)).count > 1
        let columns: [TableColumn<ServerResult.Replica>] = [
            TableColumn("replica", alignment: .left) { replica in
                let name = [hasSources || replica.name.isEmpty ? replica.source : nil, replica.name].compactMap(\.self)
                return SafeText.line(name.joined(separator: " "), limit: 60)
            },
            TableColumn("seen", "from") { Figure.duration(seconds: max(0, $0.firstSeconds)) },
            TableColumn("to") { Figure.duration(seconds: $0.lastSeconds) },
            TableColumn("running", "mean") { Figure.rate($0.running?.mean) },
            TableColumn("waiting", "most", dropRank: 2) { Figure.rate($0.waiting?.max) },
            TableColumn("KV cache", "most", dropRank: 1) { Figure.wholePercent(share: $0.kvCacheUsage?.max) },
            TableColumn("output", "tokens") {
                $0.generationTokens.map { Figure.count(Int64(clamping: Int($0))) } ?? Figure.unknown
            },
        ]
        return TextTable(columns, Array(replicas.prefix(100)))
    }
}
