import Glibc
import Runtime
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

@Suite struct StepProcessesTests {
    @Test("users of jobs pass through the data folder and see nothing else in it")
    func onlyTheWayIsOpen() async throws {
        try await withTemporaryDirectory { directory in
            let root = directory.appending("data")
            _ = try await runTool(
                "sh",
                [
                    "-c",
                    "chmod 711 \(directory); mkdir -p \(root)/sources \(root)/jobs \(root)/2/jobs; cd \(root); echo x > worker-name; "
                        + "chmod 755 . sources jobs 2; chmod 644 worker-name; ln -s /etc/passwd link",
                ])
            #expect(try StepProcesses.makeTraversable(root: root, data: root) == nil)
            let modes = try await runTool(
                "sh", ["-c", "cd \(root); stat -c '%a' . sources worker-name jobs 2 /etc/passwd"])
            #expect(modes == "711\n700\n600\n755\n755\n644\n")
            #expect(try StepProcesses.makeTraversable(root: root, data: root.appending("2")) == nil)
            #expect(
                try await runTool("sh", ["-c", "cd \(root); stat -c '%a' . jobs 2 2/jobs"]) == "711\n755\n711\n755\n")
            _ = directory.withPlatformString { chmod($0, 0o700) }
            #expect(try StepProcesses.makeTraversable(root: root, data: root) == directory)
        }
    }

    @Test func usersAreARangeWithoutRoot() async throws {
        func users(_ text: String) async throws -> ClosedRange<UInt32>? {
            try await Settings(arguments: [], environment: ["SLIPWAY_PROCESS_USERS": text])
                .optional(BuilderSettings.processUsers)
        }
        #expect(try await users("20000-20015") == 20_000...20_015)
        for wrong in ["0-3", "5", "9-5", "a-b", "1-", "20000-20015-20020", "1-4294967295"] {
            await #expect(throws: SettingsError.self, "\(wrong)") { try await users(wrong) }
        }
    }
}
