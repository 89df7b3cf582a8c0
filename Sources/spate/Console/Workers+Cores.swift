import Dispatch
import Measurement
import Synchronization
import Transport

extension Workers {
    /// As many as the machine has cores. Only where nothing is measured meanwhile.
    ///
    /// Not by `concurrentPerform`: within another one it does one after the other, also while cores stand idle.
    static let all = Workers { count, body in
        let next = Atomic(0)
        @Sendable func work() {
            while true {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < count else { return }
                body(number)
            }
        }
        withoutActuallyEscaping(work) { work in
            let helpers = DispatchGroup()
            for _ in 1..<max(1, min(count, cores)) {
                DispatchQueue.global().async(group: helpers) { work() }
            }
            work()
            helpers.wait()
        }
    }

    private static let cores = ProcessResources.machineCores()
}
