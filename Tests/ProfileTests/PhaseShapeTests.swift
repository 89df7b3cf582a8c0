import Schedule
import Testing
import Ticks

@testable import Profile

@Suite struct PhaseShapeTests {
    @Test func `every kind of phase that a person may ask for has a reader, under its own word`() {
        let kinds = PhaseReader.shapes.map { $0.kind }
        #expect(Set(kinds) == Set(PhaseKind.allCases).subtracting([.warmup, .trickle]))
        #expect(Set(kinds).count == kinds.count)
    }
}
