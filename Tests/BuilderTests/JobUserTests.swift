import Contracts
import Glibc
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

@Suite(.enabled(if: geteuid() == 0, "root alone runs steps as other users")) struct JobUserTests {
    /// To walk through a large workspace before each step takes long.
    @Test func aWorkspaceIsGivenAgainOnlyAfterAContainerWroteToIt() async throws {
        try await withTemporaryDirectory { directory in
            let stage = Stage(name: "main", steps: [])
            let folder = try JobFolder(below: directory, job: JobID.make(), attempt: 1, stage: stage)
            try await folder.make()
            let job = JobUser(ProcessUsers(22_008...22_008, folder: directory))
            let user = try #require(try await job.take(folder))
            func isGiven(_ name: String, writers: Int?) async throws -> Bool {
                let file = folder.shared.appending(name)
                _ = try await runTool("touch", [file.string])
                try await job.giveWorkspace(folder, writers: writers)
                var status = stat()
                #expect(file.withPlatformString { lstat($0, &status) } == 0)
                return status.st_uid == user.id
            }
            #expect(try await isGiven("checkout", writers: 0))
            #expect(try await !isGiven("nobody", writers: 0))
            #expect(try await isGiven("ended", writers: 1))
            #expect(try await isGiven("running", writers: nil))
            #expect(try await isGiven("running-still", writers: nil))
            #expect(try await isGiven("ended-too", writers: 2))
            #expect(await job.release())
        }
    }
}
