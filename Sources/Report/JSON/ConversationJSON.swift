import Measurement

/// Conversations and their turns.
enum ConversationJSON {
    static func value(_ result: ConversationsResult) -> JSONValue {
        .object([
            .init("begun", JSONValue(result.begun)), .init("finished", JSONValue(result.finished)),
            .init("broken", JSONValue(result.broken)), .init("left", JSONValue(result.left)),
        ])
    }

    static func turn(_ turn: TurnResult) -> JSONValue {
        .object([
            .init("turn", JSONValue(turn.turn)), .init("requests", JSONValue(turn.requests)),
            .init("ttft_ms", StatisticsJSON.distribution(turn.ttftMilliseconds)),
            .init("input_tokens_per_request", StatisticsJSON.distribution(turn.inputTokensPerRequest)),
            .init("cached_share", JSONValue(turn.cachedShare)),
        ])
    }
}
