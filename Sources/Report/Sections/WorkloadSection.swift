import Measurement

/// What matters for this traffic, before everything else.
enum WorkloadSection {
    static func blocks(_ workload: WorkloadResult, targets: Int) -> [Block] {
        guard !workload.primary.isEmpty else { return [] }
        let (name, why) = words(workload.kind)
        let columns: [TableColumn<WorkloadResult.Figure>] = [
            TableColumn("target", alignment: .left, when: targets > 1) { SafeText.line($0.target, limit: 30) },
            TableColumn("", alignment: .left, tone: .strong) { label($0.metric) },
            TableColumn("value") { format($0.metric)($0.value) },
            TableColumn("95 %", "interval", dropRank: 1) {
                Figure.interval($0.interval?.lower, $0.interval?.upper, format($0.metric)) ?? Figure.unknown
            },
            TableColumn("n", dropRank: 2) { $0.count.map { Figure.count($0) } ?? Figure.unknown },
            TableColumn("", alignment: .left, flexible: true, tone: .dim) { SafeText.line($0.note ?? "", limit: 80) },
        ]
        let phases = Set(workload.primary.map(\.phase)).sorted().map { SafeText.line($0, limit: 40) }
        return [
            .heading("What matters for \(name)"),
            .detail(.sentence("\(why) From: \(phases.joined(separator: ", ")).", .dim)),
            .table(TextTable(columns, workload.primary)),
        ]
    }

    private static func words(_ kind: WorkloadResult.Kind) -> (name: String, why: String) {
        switch kind {
        case .chat: ("chat", "People watch the answer appear: a steady first token, answers that come, a short tail.")
        case .batch: ("a batch", "Nobody watches: how much comes out in all, and what a result costs.")
        case .rag:
            ("retrieval", "Long prompts: the wait for the first token is reading them; then cost and reliability.")
        case .production: ("production", "Reliability and the tail decide, then cost; a median hides both.")
        }
    }

    private static func label(_ metric: String) -> String {
        let names = [
            "ttft_ms": "TTFT", "ttft_scheduled_ms": "scheduled TTFT", "e2e_ms": "e2e", "availability": "available",
            "error_rate": "failed", "output_tokens_per_second": "tokens/s in all", "batch.makespan_s": "makespan",
            "cost.usd_per_useful_result": "cost per useful answer",
        ]
        if let name = names[metric] { return name }
        let parts = metric.split(separator: ".").map(String.init)
        guard parts.count == 2, let name = names[parts[0]] else { return metric }
        return parts[1] == "cv_percent" ? "\(name) scatter (CV)" : "\(name) \(parts[1])"
    }

    private static func format(_ metric: String) -> (Double?) -> String {
        switch metric {
        case "availability", "error_rate": { Figure.percent(share: $0) }
        case "output_tokens_per_second": { Figure.rate($0) }
        case "batch.makespan_s": { Figure.duration(seconds: $0) }
        case "cost.usd_per_useful_result": { Figure.dollars($0) }
        case let metric where metric.hasSuffix("cv_percent"): { Figure.wholePercent($0) }
        default: { Figure.duration(milliseconds: $0) }
        }
    }
}

extension WorkloadResult.Kind {
    /// As in "for ...".
    var words: String {
        switch self {
        case .chat: "chat"
        case .batch: "a batch"
        case .rag: "retrieval"
        case .production: "production"
        }
    }
}
