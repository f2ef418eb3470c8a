import SystemPackage
import TestSupport
import Testing

/// The scripts developers call.
@Suite struct ToolTests {
    private static let tools = [
        "run", "bench", "bench gateway", "bench push", "bench-language", "fuzz-language", "properties-language",
        "coverage", "count", "check", "compose", "Rig/up", "Rig/down", "Rig/docker", "Rig/install", "Rig/kubernetes",
        "Rig/registry", "Rig/rabbitmq", "Rig/python",
    ]

    /// Asked what it is, a tool says so and does nothing: to build takes minutes.
    @Test(arguments: tools) func saysWhatItIsWithoutBuilding(tool: String) async throws {
        try await withTemporaryDirectory { directory in
            for program in ["swift", "apt-get"] {
                try writeFile(directory.appending(program), "#!/bin/sh\ntouch '\(directory)/called'\nexit 1\n")
            }
            try await runTool(
                "chmod", ["755", directory.appending("swift").string, directory.appending("apt-get").string])
            let script = "PATH='\(directory)':$PATH; '\(SourceTree.root)'/Tests/\(tool) --help 2>&1"
            let said = try await runTool("sh", ["-c", script])
            #expect(said.contains("\n") && !said.contains("#!"), "\(said)")
            let files = try await runTool("ls", [directory.string])
            #expect(files.split(separator: "\n").sorted() == ["apt-get", "swift"])
        }
    }
}
