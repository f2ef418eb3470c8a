import SystemPackage
import TestSupport

/// A service's clock on the wall, which a test sets while the service runs; see `Tests/Rig/wall-clock.c`.
struct WallClock {
    private let file: FilePath
    /// What the service is started with.
    let settings: [String: String]

    /// One that is right so far.
    init(in directory: FilePath) async throws {
        file = directory.appending("clock")
        let library = directory.appending("wall-clock.so").string
        settings = ["LD_PRELOAD": library, "SLIPWAY_TEST_CLOCK": file.string]
        let source = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("Rig/wall-clock.c")
        try await runTool("clang", ["-shared", "-fPIC", "-O1", "-o", library, source.string])
        try await set(0)
    }

    /// - Parameter offset: how far it is ahead, in seconds.
    func set(_ offset: Int64) async throws {
        // Put in its place whole: it is read at every look at the clock.
        try writeFile(FilePath("\(file).new"), "\(offset)\n")
        try await runTool("mv", ["\(file).new", file.string])
    }
}
