import Containers
import Foundation
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

/// What a job leaves that cannot be removed, though the engine gives its folders to the builder.
@Suite(
    .enabled(if: geteuid() == 0, "root alone makes files that cannot be removed"), .timeLimit(.minutes(2)))
struct CleanUpTests {
    /// A folder of another user with a file in it that not even root removes.
    private func withLeftovers(
        keepsFolder: Bool, _ body: (_ host: DockerHost, _ folder: FilePath, _ foreign: String) async throws -> Void
    ) async throws {
        try await BuilderScope.with { scope in
            let data = FilePath(scope.folder).appending("data")
            let (folder, foreign) = (data.appending("jobs"), "\(data)/jobs/foreign")
            try FileTree.make(FilePath(foreign))
            try Data().write(to: URL(filePath: "\(foreign)/file"))
            #expect(chown(foreign, 22_032, 22_032) == 0)
            let kept = keepsFolder ? foreign : "\(foreign)/file"
            _ = try await runTool("chattr", ["+i", kept])
            let result: Result<Void, any Error>
            do {
                try await body(scope.host(data: data.string), folder, foreign)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            _ = try await runTool("chattr", ["-i", kept])
            try result.get()
        }
    }

    private func owner(_ path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_uid : nil
    }

    @Test func theEngineGivesAFolderOnceAndTheErrorIsTold() async throws {
        try await withLeftovers(keepsFolder: false) { host, folder, foreign in
            let error = await #expect(throws: (any Error).self) { try await host.remove(folder) }
            #expect(error as? Errno == .notPermitted, "\(error.map { "\($0)" } ?? "")")
            #expect(owner(foreign) == geteuid())
        }
    }

    @Test func whereTheEngineCannotGiveItThatIsTold() async throws {
        try await withLeftovers(keepsFolder: true) { host, folder, foreign in
            let error = await #expect(throws: (any Error).self) { try await host.remove(folder) }
            #expect("\(error.map { "\($0)" } ?? "")".contains("folders of container"), "\(error.map { "\($0)" } ?? "")")
            #expect(owner(foreign) == 22_032)
        }
    }
}
