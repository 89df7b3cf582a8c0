import Profile
import Testing

@Suite struct WallInstantTests {
    /// Seconds by `date -u -d TEXT +%s`.
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-29T09:30:00Z", 1_795_944_600_000_000_000),
            ("2026-11-29T10:30:00+01:00", 1_795_944_600_000_000_000),
            ("2026-11-29t04:00:00.5-05:30", 1_795_944_600_500_000_000),
            ("2028-02-29 23:59:59.000000001Z", 1_835_481_599_000_000_001),
            ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
        ] as [(String, Int64)]
    )
    func `an instant by RFC 3339 is read to the nanosecond`(text: String, nanoseconds: Int64) {
        #expect(WallInstant.unixNanoseconds(text) == nanoseconds)
    }

    @Test(arguments: [
        "", "now", "+2s", "2026-11-29", "2026-11-29T09:30:00", "2026-11-29T09:30Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-29T24:00:00Z", "2026-11-29T09:30:60Z", "2026-11-29T09:30:00.Z",
        "2026-11-29T09:30:00.0000000001Z", "2026-11-29T09:30:00Zx", "2026-11-29T09:30:00+1:00", "1969-12-31T23:59:59Z",
    ])
    func `anything else is not`(text: String) { #expect(WallInstant.unixNanoseconds(text) == nil) }
}
