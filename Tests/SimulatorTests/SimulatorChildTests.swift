import Foundation
import Simulator
import Testing

/// The child's part is played by small scripts; the real one is run by the tests of the executable.
@Suite struct SimulatorChildTests {
    /// Written by a process of its own: a file that we write is "busy" while a process that another test is starting at
    /// that moment still has our descriptors.
    private func script(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "child-\(UUID().uuidString)"
        let writer = Process()
        writer.executableURL = URL(fileURLWithPath: "/bin/sh")
        let command = "printf '%s' \"$2\" > \"$1\" && chmod 700 \"$1\""
        writer.arguments = ["-c", command, "sh", path, "#!/bin/sh\n" + text]
        try writer.run()
        writer.waitUntilExit()
        try #require(writer.terminationStatus == 0)
        return path
    }

    private let announcement = "echo 'spate-simulator listening on http://127.0.0.1:4711'\n"

    @Test func `the child's port is read, and it ends when its input closes`() throws {
        let mark = NSTemporaryDirectory() + "mark-\(UUID().uuidString)"
        let path = try script("echo \"$@\" > \(mark)\n" + announcement + "cat > /dev/null\necho ended >> \(mark)\n")
        let child = try SimulatorChild(program: path, arguments: ["--port", "0"])
        #expect(child.port == 4711)
        #expect(getpgid(child.processID) == child.processID)  // Ctrl-C is not for it
        child.stop()
        #expect(kill(child.processID, 0) == -1)
        child.stop()
        #expect(try String(contentsOfFile: mark, encoding: .utf8) == "simulate --port 0 --stop-with-stdin\nended\n")
    }

    @Test func `a child that does not end is killed when patience does`() throws {
        let child = try SimulatorChild(
            program: try script(announcement + "trap '' TERM\nexec sleep 100\n"),
            arguments: []
        )
        let start = ContinuousClock.now
        child.stop(patience: 0.2)
        #expect(ContinuousClock.now - start < .seconds(30), "it sleeps for 100 s")
        #expect(kill(child.processID, 0) == -1)
    }

    @Test(arguments: [
        "exit 3\n", "echo 'error: no such scenario'\n", "exec sleep 100\n", "echo 'listening on :99999'\n",
    ])
    func `a child that does not say where it listens is an error, and does not stay`(text: String) throws {
        let path = try script(text)
        let start = ContinuousClock.now
        #expect(throws: SimulatorError.self) { _ = try SimulatorChild(program: path, arguments: [], patience: 0.3) }
        #expect(ContinuousClock.now - start < .seconds(30), "one of them sleeps for 100 s")
    }

    @Test func `a program that is not there is an error`() {
        #expect(throws: SimulatorError.self) { _ = try SimulatorChild(program: "/nowhere/spate", arguments: []) }
    }
}
