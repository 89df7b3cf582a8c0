/// The texts of records that servers, profiles and the system had a hand in, each passed through a function.
///
/// Lines of answers (`AnswerRecord`) are JSON and are treated member by member where they are made.
extension RecordBatch {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        for index in requests.indices { requests[index].mapForeignTexts(map) }
        for index in targets.indices { targets[index].mapForeignTexts(map) }
        for index in incidents.indices { incidents[index].detail = incidents[index].detail.map(map) }
        for index in serverReadings.indices { serverReadings[index].mapForeignTexts(map) }
        for index in serverTexts.indices { serverTexts[index].text = map(serverTexts[index].text) }
    }
}

extension RequestRecord {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        detail = detail.map(map)
        note = note.map(map)
        finish = finish.map(map)
        error = error.map(map)
        servedModel = servedModel.map(map)
        servedTier = servedTier.map(map)
        servedBy = servedBy.map(map)
    }
}

extension ServerReading {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        if !replica.isEmpty { replica = map(replica) }
        problem = problem.map(map)
    }
}

extension TargetRecord {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        model = model.map(map)
        notes = notes.map(map)
        rateLimits?.mapForeignTexts(map)
        for index in refusals.indices { refusals[index].words = refusals[index].words.map(map) }
    }
}

extension RateLimitRecord {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        for index in limits.indices {
            limits[index].name = map(limits[index].name)
            limits[index].resource = map(limits[index].resource)
        }
    }
}

extension RunRecord {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        warnings = warnings.map(map)
        if let problem = calibration?.problem { calibration?.problem = map(problem) }
    }
}

extension QuestionRecord {
    public mutating func mapForeignTexts(_ map: (String) -> String) {
        request.mapForeignTexts(map)
        httpVersion = httpVersion.map(map)
        server = server.map(map)
        rateLimits?.mapForeignTexts(map)
    }
}
