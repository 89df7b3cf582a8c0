import Testing

@testable import Transport

@Suite struct CoreCountTests {
    @Test(
        arguments: [
            ("max 100000\n", nil), ("100000 100000\n", 1), ("150000 100000\n", 2), ("50000 100000\n", 1), ("", nil),
            ("x 1", nil),
        ] as [(String, Int?)]
    )
    func `a control group's quota is cores, a part of one counting as one`(text: String, cores: Int?) {
        #expect(ProcessResources.cores(ofQuota: text) == cores)
    }
}
