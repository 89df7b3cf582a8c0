// swift-tools-version: 6.1
import PackageDescription

/// The engine as it is, over a network that is made up: a package of its own, since two modules cannot both be called
/// Transport. All but `Transport` and `Simulate` are links to the sources of spate.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "simulation",
    targets: [
        .target(
            name: "CSimdjson",
            path: "CSimdjson",
            cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.linkedLibrary("simdjson")]
        ),
        .target(name: "Ticks", path: "Ticks", swiftSettings: strict),
        .target(name: "Schedule", dependencies: ["Ticks"], path: "Schedule", swiftSettings: strict),
        .target(name: "Wire", dependencies: ["CSimdjson"], path: "Wire", swiftSettings: strict),
        .target(name: "Measurement", dependencies: ["Ticks"], path: "Measurement", swiftSettings: strict),
        .target(name: "Transport", dependencies: ["Ticks"], path: "Transport", swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: ["Schedule", "Wire", "Measurement", "Transport", "Ticks"],
            path: "Engine",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Engine", "Schedule", "Wire", "Measurement", "Transport", "Ticks"],
            path: "Simulate",
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)
