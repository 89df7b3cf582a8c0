import Measurement
import Ticks

/// Loads of embeddings, as the report says them.
enum EmbeddingSection {
    /// Requests for embeddings, whose answers have no first token: what a phase says of text would be full of dashes.
    static func blocks(_ phase: PhaseResult) -> [Block] {
        switch phase.kind {
        case .warmup, .idle, .trickle: []
        case .ramp: ramp(phase)
        case .burst: bursts(phase)
        case .rate where phase.steps.count > 1, .replay where phase.steps.count > 1: rates(phase)
        case .steady, .batch, .probe, .rate, .replay, .keepwarm: SingleLoadSection.blocks(phase)
        }
    }

    /// No tokens come out, so vectors and input tokens are what grows.
    private static func ramp(_ phase: PhaseResult) -> [Block] {
        let columns: [TableColumn<StepResult>] = [
            LoadColumns.streams,
            TableColumn("embeddings/s", of: .embeddingsPerSecond).of(\.stats),
            TableColumn("input", "tokens/s", of: .inputTokensPerSecond).of(\.stats),
            TableColumn("e2e", "p50", of: .e2e, at: "p50").of(\.stats),
            TableColumn("e2e", "p95", of: .e2e, at: "p95").of(\.stats),
            TableColumn("e2e", "CV", dropRank: 1) { Figure.wholePercent($0.stats.e2eMilliseconds?.cvPercent) },
            TableColumn("efficiency", dropRank: 2) { Figure.wholePercent(share: $0.efficiency) },
            LoadColumns.useful(dropRank: 3).of(\.stats), LoadColumns.failed.of(\.stats),
            LoadColumns.throttled(dropRank: 4).of(\.stats),
        ]
        return [
            .heading("\(PhaseSection.heading(phase)): embeddings against the number of streams"),
            .detail(
                .sentence(
                    "Each row keeps so many requests (streams) in flight. An answer comes in one piece: e2e is the wait for all "
                        + "of it, and there is no first token; efficiency is what is left of the first row's embeddings/s per "
                        + "stream; p95: 95 of 100 requests stay below; CV: the scatter.",
                    .dim
                )
            ),
            .table(TextTable(columns, phase.steps)),
        ]
    }

    static let explanation =
        "Embeddings come in one piece: e2e is the wait for all of an answer, and there is no first token; 95 of 100 requests "
        + "stay below p95; CV is the scatter."

    private static func rates(_ phase: PhaseResult) -> [Block] {
        let columns =
            RateSection.columns + [
                TableColumn("embeddings/s", of: .embeddingsPerSecond).of(\.stats),
                TableColumn("input", "tokens/s", of: .inputTokensPerSecond).of(\.stats),
                TableColumn("e2e from", "due p50", of: .e2eScheduled, at: "p50").of(\.stats),
                TableColumn("e2e from", "due p95", of: .e2eScheduled, at: "p95").of(\.stats),
                LoadColumns.useful(dropRank: 1).of(\.stats), LoadColumns.failed.of(\.stats),
            ]
        return [
            .heading("\(PhaseSection.heading(phase)): what happens as requests come faster"),
            .detail(.sentence(RateSection.explanation, .dim)),
            .table(TextTable(columns, phase.steps, mark: RateSection.givenUp)),
        ]
    }

    private static func bursts(_ phase: PhaseResult) -> [Block] {
        let columns: [TableColumn<BurstResult>] = [
            TableColumn("burst", tone: .strong) { Figure.count($0.index) },
            TableColumn("edge e2e", "p50", of: .e2eScheduled, at: "p50").of(\.stats),
            TableColumn("edge e2e", "p95", of: .e2eScheduled, at: "p95").of(\.stats),
            TableColumn("warm e2e", "p50") {
                Figure.duration(milliseconds: $0.control?.e2eScheduledMilliseconds?.p50)
            },
            TableColumn("warm e2e", "p95") {
                Figure.duration(milliseconds: $0.control?.e2eScheduledMilliseconds?.p95)
            },
            TableColumn("send", "lag", dropRank: 1) { Figure.duration(milliseconds: $0.sendLagMilliseconds) },
            LoadColumns.useful(dropRank: 2).of(\.stats), LoadColumns.failed.of(\.stats),
        ]
        return [
            .heading("\(PhaseSection.heading(phase)): embeddings at once after a pause"),
            .detail(
                .sentence(
                    "Many requests at one instant after an idle time; e2e counts from that instant to the last of an answer, "
                        + "and warm is the same burst again right after it. Which requests met a cold server cannot be told: "
                        + "that takes a first token.",
                    .dim
                )
            ),
            .table(TextTable(columns, phase.bursts)),
        ]
    }

    /// The rates of a load of embeddings, in words; empty where text was asked for.
    static func speed(_ stats: RequestStatistics) -> [String] {
        guard stats.embeddings != nil else { return [] }
        var parts: [String] = []
        if let rate = stats.embeddingsPerSecond { parts.append("\(Figure.rate(rate)) embeddings/s in all") }
        if let rate = stats.inputTokensPerSecond { parts.append("\(Figure.rate(rate)) input tokens/s") }
        return parts
    }
}
