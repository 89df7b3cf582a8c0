import GRDB

extension RunStore {
    /// Gives the answers of a run's jobs, one line of JSON each: phase by phase, in the order of the prompts, each
    /// prompt's once. Nothing is kept in memory. `path` is the file or the run's folder.
    public static func forEachAnswer(
        of path: String,
        _ body: (_ phase: Int, _ item: Int, _ line: String) throws -> Void
    ) throws(StoreError) {
        let file = databaseFile(of: path)
        do {
            let queue = try RunReader.open(file)
            try queue.inDatabase { db in
                guard try RunReader(db: db, path: file).checkFormat() else { return }
                // An answer without its request's row was lost with it, and was given again after the interruption.
                let rows = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT s.phase, r.item, a.line FROM requests r
                          JOIN answers a ON a.sequence = r.sequence JOIN steps s ON s.id = r.step
                        WHERE r.item IS NOT NULL ORDER BY s.phase, r.item, r.sequence
                        """
                )
                var last: (phase: Int, item: Int)?
                while let row = try rows.next() {
                    let (phase, item, line): (Int, Int, String) = (row[0], row[1], row[2])
                    if let last, last == (phase, item) { continue }
                    last = (phase, item)
                    try body(phase, item, line)
                }
            }
            try queue.close()
        } catch {
            throw StoreError(path: file, error)
        }
    }
}
