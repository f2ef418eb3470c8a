import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Threading
import Worker

@testable import Builder

@Suite struct BuildCommandTests {
    @Test func allThatIsSaidIsShown() {
        let build = ImageBuild(
            context: "svc/", dockerfile: "Dockerfile.prod", repository: "r.example/web", tags: ["1", "latest"],
            target: "run", arguments: ["B": "it's \"x\"", "A": "1", "TOKEN": .secret("npm")],
            cacheFrom: ["r.example/web:latest"], platform: "linux/amd64", pull: true, noCache: true)
        let command = BuildCommand(
            build: build, images: ["r.example/web:1", "r.example/web:latest"], labels: ["b": "", "a.b": "c d"],
            memoryLimit: 1 << 30)
        #expect(
            "\(command)" == #"""
                docker build -t r.example/web:1 -t r.example/web:latest -f svc/Dockerfile.prod --target run \#
                --build-arg A=1 --build-arg 'B=it'\''s "x"' --build-arg TOKEN --label 'a.b=c d' \#
                --label b= --cache-from r.example/web:latest --platform linux/amd64 --memory 1073741824 \#
                --memory-swap 1073741824 --pull --no-cache svc/
                """#)
        #expect(
            "\(BuildCommand(build: ImageBuild(repository: "r/a"), images: ["r/a:latest"], labels: [:]))"
                == "docker build -t r/a:latest .")
    }

    @Test func theDockerfileIsRelativeToTheContext() async throws {
        try await withTemporaryDirectory { workspace in
            for folder in ["svc", "docker"] { try FileTree.make(workspace.appending(folder)) }
            for file in ["svc/Dockerfile.prod", "docker/Dockerfile"] {
                _ = try await runTool("touch", [workspace.appending(file).string])
            }
            let folder = try OpenFolder(workspace.appending("svc").string)
            func problem(_ dockerfile: String, _ context: String = "svc") -> String? {
                BuildFile(dockerfile: dockerfile, context: context).problem(in: folder)
            }
            #expect(problem("Dockerfile.prod") == nil)
            #expect(problem("./x/../Dockerfile.prod") == nil)
            #expect(
                problem("svc/Dockerfile.prod")
                    == "there is no “svc/Dockerfile.prod” in the build context “svc”; the path of a Dockerfile is relative to "
                    + "the context: write “dockerfile: Dockerfile.prod”")
            #expect(
                problem("../docker/Dockerfile")
                    == "the Dockerfile “../docker/Dockerfile” is outside of the build context “svc”: it is part of what is "
                    + "built. Write “context: .” with “dockerfile: docker/Dockerfile”")
            #expect(problem("/etc/passwd")?.contains("outside") == true)
            #expect(problem("../../x")?.contains("Move it into the context") == true)
            #expect(problem("none")?.hasSuffix("relative to the context") == true)
            #expect(BuildFile.standard(in: folder) == "Dockerfile")
            _ = try await runTool("touch", [workspace.appending("svc/dockerfile").string])
            #expect(BuildFile.standard(in: folder) == "dockerfile")
        }
    }
}
