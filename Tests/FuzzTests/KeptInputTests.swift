import Foundation
import Testing
import Ticks

/// What the fuzzers found and what they start from, through the readers: `Corpus/READER/`, an input a file.
@Suite(.serialized) struct KeptInputTests {
    private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    private static func kept(_ reader: FuzzReader) throws -> [[UInt8]] {
        let folder = corpus.appending(path: reader.rawValue)
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
            .map { Array(try Data(contentsOf: $0)) }
    }

    @Test(arguments: FuzzReader.allCases)
    func `every input that is kept is read, and what its reader promises holds`(reader: FuzzReader) throws {
        let kept = try Self.kept(reader)
        #expect(kept.count >= 10, "\(reader) has too few to start from")
        for bytes in kept { reader.read(bytes) }
        reader.read([])
    }

    /// What is added to, or counted on from, does not overflow: a damaged file may hold any number anywhere.
    @Test func `every number of a store may be the greatest or the least there is`() {
        let inputs = FuzzStore.extremes()
        #expect(inputs.count > 200)
        for input in inputs { FuzzReader.store.read(input) }
    }

    /// Blind ones: a fuzzer sees which lead on (`make fuzz`).
    @Test(arguments: FuzzReader.allCases)
    func `mutations of what is kept are read, too`(reader: FuzzReader) throws {
        var generator = SplitMix64(seed: 20_261_129)
        let kept = try Self.kept(reader)
        let rounds = reader == .store || reader == .profile ? 100 : 1_000
        for _ in 0..<rounds {
            var bytes = kept.randomElement(using: &generator) ?? []
            let other = kept.randomElement(using: &generator) ?? []
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let at = Int.random(in: 0...bytes.count, using: &generator)
                let end = min(bytes.count, at + Int.random(in: 0..<16, using: &generator))
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes.removeSubrange(at..<end)
                case 1: bytes.insert(.random(in: 0...255, using: &generator), at: at)
                case 2: bytes.insert(contentsOf: other.suffix(Int.random(in: 0..<64, using: &generator)), at: at)
                default: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
                }
            }
            reader.read(bytes)
        }
    }
}
