import Schedule

/// `idle: 60s`.
extension PhaseShape.Idle: WrittenShape {
    static func read(_ value: YAMLValue, _ path: String, _ reader: PhaseReader) -> PhaseShape.Idle? {
        value.duration(path, reader.log, zeroIsAllowed: false).map(PhaseShape.Idle.init)
    }

    var text: String {
        Units.text(duration)
    }
}
