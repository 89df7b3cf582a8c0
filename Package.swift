// swift-tools-version: 6.1
import PackageDescription

/// Settings every Swift target shares.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For the modules that every token passes: no dynamic exclusivity checks in a release build (they call into the runtime for every access); the
/// debug build and every test keep them.
let hot = strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// `make dist` sets it: one file that needs no Swift beside it.
let isShipped = Context.environment["SPATE_SHIPPED"] != nil

/// `make fuzz` sets it: the readers of FuzzTests become a program that libFuzzer drives. `short`: those alone that read with
/// Wire and Transport, which are built in a minute.
let fuzzed = Context.environment["SPATE_FUZZ"]

/// What FuzzTests reads with.
let readers: [Target.Dependency] = [
    "Wire", "Transport", "Profile", "Schedule", "Engine", "Store", "Measurement", "Report", "Ticks",
    .product(name: "GRDB", package: "GRDB.swift"),
]

/// The Makefile sets it: what `spate --version` says was built.
let commit = (Context.environment["SPATE_COMMIT"] ?? "").filter { $0.isLetter || $0.isNumber || $0 == "-" }

let package = Package(
    name: "spate",
    products: [
        .executable(name: "spate", targets: ["spate"]),
        // For Benchmarks/, which sees public API only.
        .library(name: "Measurement", targets: ["Measurement"]),
        .library(name: "Schedule", targets: ["Schedule"]),
        .library(name: "Ticks", targets: ["Ticks"]),
        .library(name: "Wire", targets: ["Wire"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C: system libraries and the thinnest shims for what Swift cannot call.
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(
            name: "CCurl",
            dependencies: ["CLibcurl"],
            cSettings: commit.isEmpty ? [] : [.define("SPATE_COMMIT", to: "\"\(commit)\"")]
        ),
        .target(
            name: "CSimdjson",
            cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.linkedLibrary("simdjson")]
        ),

        // Pure: no I/O, no clock.
        .target(name: "Ticks", swiftSettings: hot),
        .target(name: "Schedule", dependencies: ["Ticks"], swiftSettings: strict),
        .target(name: "Wire", dependencies: ["CSimdjson"], swiftSettings: hot),
        .target(name: "Measurement", dependencies: ["Ticks"], swiftSettings: hot),
        .target(
            name: "Report",
            dependencies: ["Measurement", "Ticks"],
            resources: [.embedInCode("Page/Assets")],
            swiftSettings: strict
        ),
        .target(
            name: "ShippedProfiles",
            exclude: ["Files/cluster"],
            resources: [.embedInCode("Files")],
            swiftSettings: strict
        ),
        .target(
            name: "Profile",
            dependencies: ["Schedule", "Wire", "Ticks", "ShippedProfiles", .product(name: "Yams", package: "Yams")],
            resources: [.embedInCode("Scenarios"), .embedInCode("Providers.yaml")],
            swiftSettings: strict
        ),

        // I/O.
        .target(name: "Transport", dependencies: ["CLibuv", "CLibcurl", "CCurl", "Ticks"], swiftSettings: hot),
        .target(
            name: "Engine",
            dependencies: ["Schedule", "Wire", "Measurement", "Transport", "Ticks"],
            swiftSettings: hot
        ),
        .target(
            name: "Store",
            dependencies: [
                "Measurement", "Ticks", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Simulator",
            dependencies: ["Wire", "Schedule", "Transport", "Ticks"],
            swiftSettings: strict
        ),

        // Entry.
        .executableTarget(
            name: "spate",
            dependencies: [
                "Ticks", "Schedule", "Wire", "ShippedProfiles", "Profile", "Measurement", "Transport", "Engine",
                "Store", "Report",
                "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ] + (isShipped ? ["CEmptyICU"] : []),
            swiftSettings: strict
        ),

        // What the tests of several targets share: a server and a client that do as they are told, programs of stages.
        .target(
            name: "TestSupport",
            dependencies: ["Engine", "Schedule", "Wire", "Transport", "Ticks"],
            path: "Tests/Support",
            exclude: ["FaultTable.md"],
            swiftSettings: strict
        ),
        .testTarget(name: "TicksTests", dependencies: ["Ticks"], swiftSettings: strict),
        // Its virtual runs are driven by the engine's own agenda.
        .testTarget(
            name: "ScheduleTests",
            dependencies: ["Schedule", "Engine", "Measurement", "Transport", "Wire", "TestSupport", "Ticks"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WireTests",
            dependencies: ["Wire", "Ticks"],
            resources: [.copy("Fixtures")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ProfileTests",
            dependencies: ["Profile", "Schedule", "Wire", "Ticks"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MeasurementTests",
            dependencies: ["Measurement", "Ticks"],
            resources: [.copy("Fixtures")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TransportTests",
            dependencies: ["Transport", "CCurl", "TestSupport", "Ticks"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "Schedule", "Wire", "Measurement", "Transport", "Simulator", "TestSupport", "Ticks",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Store", "Measurement", "Ticks", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReportTests",
            dependencies: ["Report", "Measurement", "Ticks"],
            resources: [.copy("Fixtures")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulatorTests",
            dependencies: ["Simulator", "Schedule", "Wire", "Transport", "TestSupport", "Ticks"],
            swiftSettings: strict
        ),
        // Runs the program as a child process; the dependency has it built.
        .testTarget(
            name: "SpateTests",
            dependencies: ["spate", "Report", "Schedule", "Simulator", "TestSupport"],
            swiftSettings: strict
        ),
        // Everything that reads bytes of others, held to what it promises: inputs that are kept, and mutations of them.
        .testTarget(
            name: "FuzzTests",
            dependencies: readers,
            exclude: ["Corpus", "Driver.swift", "fuzz"],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests"),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

if let fuzzed {
    let others = ["File", "Profile", "Prompts", "Store", "Stream", "Trace"].map { "Readers/Fuzz\($0).swift" }
    package.targets.removeAll { $0.type == .test }
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: fuzzed == "short" ? ["Wire", "Transport", "Ticks"] : readers,
            path: "Tests/FuzzTests",
            exclude: ["Corpus", "KeptInputTests.swift", "fuzz"] + (fuzzed == "short" ? others : []),
            swiftSettings: strict + (fuzzed == "short" ? [.define("SHORT")] : [])
        )
    )
}
if isShipped { package.targets.append(.target(name: "CEmptyICU")) }
