/// The files of Profiles/, inside the binary: `Files` is a link to that folder.
public enum ShippedProfiles {
    private static let files: [String: [UInt8]] = [
        "batch-compare.yaml": PackageResources.batch_compare_yaml,
        "batch.yaml": PackageResources.batch_yaml,
        "burst.yaml": PackageResources.burst_yaml,
        "chat.yaml": PackageResources.chat_yaml,
        "consistency.yaml": PackageResources.consistency_yaml,
        "conversation.yaml": PackageResources.conversation_yaml,
        "demo.yaml": PackageResources.demo_yaml,
        "gateway.yaml": PackageResources.gateway_yaml,
        "keepwarm.yaml": PackageResources.keepwarm_yaml,
        "office.jsonl": PackageResources.office_jsonl,
        "production.yaml": PackageResources.production_yaml,
        "rag.yaml": PackageResources.rag_yaml,
        "ramp.yaml": PackageResources.ramp_yaml,
        "rate.yaml": PackageResources.rate_yaml,
        "replay.yaml": PackageResources.replay_yaml,
        "soak.yaml": PackageResources.soak_yaml,
        "tiers.yaml": PackageResources.tiers_yaml,
    ]

    /// A file as it is in Profiles/, by its name there; nil when there is none.
    public static func file(_ name: String) -> [UInt8]? { files[name] }

    /// What `spate run NAME` takes.
    public static let names = files.keys.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

    public static func text(of name: String) -> String? {
        files["\(name).yaml"].map { String(decoding: $0, as: UTF8.self) }
    }

    /// The line that it begins with: its name and the question that it answers.
    public static func summary(of name: String) -> String? {
        guard let line = text(of: name)?.split(separator: "\n").first, line.hasPrefix("# ") else { return nil }
        return String(line.dropFirst(2))
    }
}
