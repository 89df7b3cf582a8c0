extension ServerError {
    /// Whether the account itself is used up, so that no later request can do better: billing, or a quota of the day or
    /// the month. Limits by the minute are not meant.
    /// - Parameter retryAfterSeconds: a server that says when to come back, within the hour, has not closed the account.
    public func saysExhausted(status: Int, retryAfterSeconds: Double?) -> Bool {
        if ErrorClass(status: status, error: self) == .billing { return true }
        guard status == 429 || status == 403, (retryAfterSeconds ?? .infinity) > 3600 else { return false }
        let words = (message + " " + (type ?? "") + " " + (code ?? "")).lowercased()
        return ["per day", "perday", "per month", "permonth", "monthly", "limit: 0"].contains { words.contains($0) }
    }
}
