// swift-tools-version: 6.1
import PackageDescription

/// A package of its own, so that nobody who builds spate pays for what measures it.
let package = Package(
    name: "spate-benchmarks",
    dependencies: [
        .package(name: "spate", path: ".."),
        // Without traits: no interposers to build, no jemalloc; so allocations are not counted.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Micro",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"),
                .product(name: "Measurement", package: "spate"),
                .product(name: "Schedule", package: "spate"),
                .product(name: "Ticks", package: "spate"),
                .product(name: "Wire", package: "spate"),
            ],
            path: "Micro",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    ],
    swiftLanguageModes: [.v6]
)
