import Glibc
public import SystemPackage

/// Gives a test its own directory, removed with everything in it when the test ends or throws.
public func withTemporaryDirectory<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (FilePath) async throws -> Result
) async throws -> Result {
    var template = Array("/tmp/slipway-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
        throw TestFailure("no temporary directory could be made: \(String(cString: strerror(errno)))")
    }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    do {
        let result = try await body(FilePath(path))
        try await runTool("rm", ["-rf", "--", path])
        return result
    } catch {
        // What the test threw says more than that its files could not be removed.
        _ = try? await runTool("rm", ["-rf", "--", path])
        throw error
    }
}
