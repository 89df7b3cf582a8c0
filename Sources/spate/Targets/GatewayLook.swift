import Engine
import Measurement
import Profile

/// Before a run through gateways: how each of them, and the target behind it, refuses what it should.
extension DialledTarget {
    mutating func lookAtRefusals(redactor: Redactor, seconds: Int64, meanwhile: @escaping () -> Void) {
        let seen = TargetPreparation.ask(
            RefusalScript(dialect: Dialect(of: driven.provider, model: driven.model)),
            &self,
            redactor: redactor,
            seconds: seconds,
            meanwhile: meanwhile
        )
        refusals = seen.records.map { RefusalRecord($0) }
    }
}

extension Job {
    /// Whether a target is a gateway, or stands behind one.
    func isBesideGateway(_ target: Target) -> Bool {
        target.gatewayTo != nil || targets.contains { $0.gatewayTo == target.name }
    }
}
