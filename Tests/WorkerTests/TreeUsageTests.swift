import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Worker

@Suite struct TreeUsageTests {
    @Test func whatIsThereCountsOnceAndLinksLeadNowhere() async throws {
        try await withTemporaryDirectory { directory in
            let tree = directory.appending("tree")
            _ = try await runTool(
                "sh",
                [
                    "-c",
                    "mkdir -p \(tree)/a/b; cd \(tree); head -c 3000000 /dev/zero > a/b/file; ln a/b/file again; "
                        + "head -c 2000000 /dev/zero > ../outside; ln -s ../outside link; ln -s .. up",
                ])
            let usage = await TreeUsage.of(tree)
            #expect((3_000_000..<3_200_000).contains(usage.bytes), "\(usage.bytes)")
            _ = try await runTool("sh", ["-c", "cd \(tree); for i in $(seq 1 1000); do : > empty$i; done"])
            #expect(await TreeUsage.of(tree).bytes >= usage.bytes + 1000 * 4096)
            #expect(!usage.isTooDeep)
            #expect(await TreeUsage.of(directory).bytes > 5_000_000)
            #expect(await TreeUsage.of(directory.appending("none")).bytes == 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "root alone makes files of others"))
    func whatAUserHasWhereEverybodyWritesCounts() async throws {
        try await withTemporaryDirectory { directory in
            let shared = directory.appending("shared")
            _ = try await runTool(
                "sh",
                [
                    "-c",
                    "mkdir -p \(shared)/open/deep \(shared)/closed; cd \(shared); chmod 1777 . open; "
                        + "head -c 1000000 /dev/zero | tee root mine open/mine > closed/mine; "
                        + "chown 22020 mine open/mine closed/mine open/deep; cp root open/deep/roots; "
                        + "mkdir -m 777 other; chown 22021 other; cp root other/mine; chown 22020 other/mine",
                ])
            let user = try #require(ProcessUser(22_020))
            // Neither what is in no such folder nor what another user took in, whose it is.
            let bytes = await TreeUsage.of(user, in: [shared]).bytes
            #expect((3_000_000..<3_100_000).contains(bytes), "\(bytes)")
        }
    }

    @Test func whatIsTooDeepIsSaid() async throws {
        try await withTemporaryDirectory { directory in
            let script = "cd \(directory); for i in $(seq 1 %); do mkdir d; cd d; done"
            _ = try await runTool("sh", ["-c", script.replacing("%", with: "\(TreeUsage.depth - 1)")])
            #expect(await !TreeUsage.of(directory).isTooDeep)
            _ = try await runTool("sh", ["-c", "cd \(directory); mkdir e; mv d e; mkdir f; mv e f"])
            #expect(await TreeUsage.of(directory).isTooDeep)
        }
    }
}
