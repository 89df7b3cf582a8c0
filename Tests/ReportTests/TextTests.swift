import Testing

@testable import Report

@Suite struct TextTests {
    @Test(arguments: [
        ("plain", "plain"), ("  two \t\n words\r\n", "two words"), ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
        ("bell\u{7}", "bell"), ("\u{9b}2J", "2J"), ("\u{90}payload\u{9c}", "payload"), ("a\0b", "ab"),
        ("\u{202e}txt.exe", "txt.exe"), ("a\u{2066}b\u{2069}c\u{200b}d\u{feff}", "abcd"),
        ("line\u{2028}two", "line two"),
        ("日本 ok é", "日本 ok é"), ("\u{1b}]0;title\u{7}x", "]0;titlex"), ("", ""), ("\n\n", ""),
    ])
    func `text of others keeps its words and loses what could steer a terminal`(text: String, safe: String) {
        #expect(SafeText.line(text) == safe)
    }

    @Test func `text of others ends in an ellipsis at the limit`() {
        #expect(SafeText.line("abcdef", limit: 6) == "abcdef")
        #expect(SafeText.line("abcdefg", limit: 6) == "abcde…")
    }

    @Test(arguments: [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("🙂", 2), ("", 0), ("▏█", 2), ("한", 2), ("–µ", 2)])
    func `a text's width is that of its cells on a terminal`(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test func `a beginning by width never splits a wide character`() {
        #expect(DisplayWidth.prefix("a日本", width: 2) == "a")
        #expect(DisplayWidth.prefix("a日本", width: 3) == "a日")
        #expect(DisplayWidth.prefix("abc", width: 9) == "abc")
        #expect(DisplayWidth.prefix("abc", width: 0) == "")
    }

    /// From `date -u -d @N`.
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_399_999_000_000, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"), (1_795_225_000_123_456_789, "2026-11-21T01:36:40.123Z"),
        (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"), (-1_000_000, "1969-12-31T23:59:59.999Z"),
        (.max, "2262-04-11T23:47:16.854Z"),
    ])
    func `an instant is the date and time of UTC`(unix: Int64, text: String) {
        #expect(UTCTime.rfc3339(unixNanoseconds: unix) == text)
    }

    @Test func `a readable instant has no fraction`() {
        #expect(UTCTime.readable(unixNanoseconds: 1_795_225_000_999_000_000) == "2026-11-21 01:36:40 UTC")
    }
}
