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
            #expect(!usage.isTooDeep)
            #expect(await TreeUsage.of(directory).bytes > 5_000_000)
            #expect(await TreeUsage.of(directory.appending("none")).bytes == 0)
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
