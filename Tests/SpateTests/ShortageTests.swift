import Foundation
import Glibc
import Testing

extension CommandTests {
    /// The system refuses a thread, a descriptor or memory: a message and exit 74, whichever call it is and wherever it
    /// comes. The calls are made to fail by a library that goes before the C library.
    @Suite struct ShortageTests {
        private static let source = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <pthread.h>
            #include <stdatomic.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/epoll.h>
            static int refused(const char *name) {
                static atomic_int count;
                const char *call = getenv("SHORT_OF"), *at = getenv("SHORT_AT");
                if (!call || !at || strcmp(call, name) != 0) return 0;
                int number = atomic_fetch_add(&count, 1) + 1;
                return getenv("SHORT_FROM") ? number >= atoi(at) : number == atoi(at);
            }
            #define CALL(result, name, parameters, arguments) \\
                result name parameters { \\
                    if (refused(#name)) { errno = atoi(getenv("SHORT_ERRNO")); return -1; } \\
                    result (*real) parameters; \\
                    *(void **)&real = dlsym(RTLD_NEXT, #name); \\
                    return real arguments; \\
                }
            CALL(int, epoll_create1, (int flags), (flags))
            CALL(int, eventfd, (unsigned value, int flags), (value, flags))
            CALL(int, pipe2, (int ends[2], int flags), (ends, flags))
            CALL(int, timerfd_create, (int clock, int flags), (clock, flags))
            CALL(int, epoll_ctl, (int set, int what, int descriptor, struct epoll_event *event), (set, what, descriptor, event))
            int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*body)(void *), void *argument) {
                if (refused("pthread_create")) return EAGAIN;
                int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
                *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
                return real(thread, how, body, argument);
            }
            """

        /// Compiled once for all tests; nil without a compiler.
        private static let library: (folder: Folder, path: String)? = {
            guard let folder = try? Folder(), let file = try? folder.write(source, to: "short.c") else { return nil }
            let compiler = Process()
            compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            compiler.arguments = ["cc", "-shared", "-fPIC", "-o", folder["short.so"], file]
            guard (try? compiler.run()) != nil else { return nil }
            compiler.waitUntilExit()
            return compiler.terminationStatus == 0 ? (folder, folder["short.so"]) : nil
        }()

        /// A run of two requests in which a call fails.
        private func run(_ call: String, at number: Int, from: Bool = false, error: Int32) throws -> Spate.Ended? {
            guard let library = Self.library else { return nil }
            let folder = try Folder()
            var environment = [
                "LD_PRELOAD": library.path, "SHORT_OF": call, "SHORT_AT": "\(number)", "SHORT_ERRNO": "\(error)",
            ]
            if from { environment["SHORT_FROM"] = "1" }
            return try Spate.run(
                [
                    "probe", "--request-count", "2", "--gap", "1ms", "--warmup-request-count", "0", "--max-tokens", "4",
                    "-o", folder["run"],
                ],
                environment: environment,
                within: 30
            )
        }

        @Test(
            arguments: ["epoll_create1", "eventfd", "pipe2", "timerfd_create", "epoll_ctl"],
            [1, 2, 3, 5]
        ) func `a call that fails once ends the run with a message, or does not matter`(call: String, number: Int)
            throws
        {
            guard let ended = try run(call, at: number, error: number % 2 == 0 ? ENOMEM : EMFILE) else { return }
            #expect([0, 74].contains(ended.status), "\(ended.all)")
            if ended.status == 74 { #expect(ended.error.contains("error: "), "\(ended.all)") }
            if number == 1 { #expect(ended.status == 74, "the call is made at least once: \(ended.all)") }
        }

        @Test(arguments: [1, 2, 3], [false, true])
        func `a thread that cannot be made ends the run with a message`(number: Int, from: Bool) throws {
            guard let ended = try run("pthread_create", at: number, from: from, error: EAGAIN) else { return }
            #expect([0, 74].contains(ended.status), "\(ended.all)")
            if ended.status == 74 { #expect(ended.error.contains("error: "), "\(ended.all)") }
            if number == 1 { #expect(ended.status == 74, "\(ended.all)") }
        }

        /// More requests than any machine has memory for, as far as the file says.
        @Test(arguments: [["report"], ["report", "--json"], ["compare"]])
        func `a result that needs more memory than there is is not read`(words: [String]) throws {
            let folder = try Folder()
            let run = ["probe", "--request-count", "2", "--gap", "1ms", "--max-tokens", "4", "-o", folder["run"]]
            #expect(try Spate.run(run, within: 30).status == 0)
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            let row = "INSERT INTO packs (id, count, first_ns, last_ns, cells) VALUES (1, 9000000000000, 0, 0, x'00')"
            shell.arguments = ["sqlite3", folder["run/run.sqlite"], row]
            try shell.run()
            shell.waitUntilExit()
            #expect(shell.terminationStatus == 0)
            let results = words == ["compare"] ? [folder["run"], folder["run"]] : [folder["run"]]
            let ended = try Spate.run(words + results, within: 30)
            #expect(ended.status == 74, "\(ended.all)")
            #expect(ended.out.isEmpty)
            let expected = "to read its 9,000,000,000,005 requests takes about 3960000.0 GB of memory"
            #expect(ended.error.contains(expected) && ended.error.contains("All of it is stored"), "\(ended.all)")
        }
    }
}
