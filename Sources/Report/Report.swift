/// What people and scripts see of a run. Pure: a `RunResult` goes in, text comes out; no clock, no file, no terminal.
///
/// - `SummaryJSON`: the contract's `summary.json`, byte for byte the same for the same result.
/// - `ReportDocument`: what there is to say, as headings, sentences, tables and bars, each part by a section of its own
///   (`RampSection`, `CostSection` ...); `TerminalReport` and `MarkdownReport` are two ways to set it.
/// - `RequestsCSV`: every request of a `RecordedRun`, one row each.
/// - `LiveStatus`: the few lines that are redrawn while a run goes on.
///
/// Every number has its unit, `–` is "not known", and a percentile whose interval is open says so. Text that came from a
/// server is hostile: nothing in it can move a cursor, start a formula or end a table.
