import Contracts
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Builder

@Suite struct ShebangTests {
    @Test func theFirstLineNamesAProgram() async {
        let rows: [(text: String, program: String?, problem: String?)] = [
            ("#!/bin/nosh\necho", "/bin/nosh", "“./x” asks in its first line for /bin/nosh, which the image does not"),
            ("#! /bin/there -e", "/bin/there", nil), ("#!relative\n", "relative", nil), ("echo x", nil, nil),
            ("", nil, nil),
            ("#!/usr/bin/env bash\r\n", "/usr/bin/env", "the lines of “./x” end with \\r\\n"),
        ]
        for row in rows {
            let script = Shebang("./x", Array(row.text.utf8))
            #expect(script?.program == row.program)
            let problem = await script?.problem("the image") { $0 == "/bin/there" || $0 == "/usr/bin/env" }
            #expect((problem == nil) == (row.problem == nil))
            #expect(problem?.hasPrefix(row.problem ?? "") != false, "\(problem ?? "")")
        }
    }

    @Test func onlyFilesOfTheWorkspaceAreLookedAt() async throws {
        try await withTemporaryDirectory { folder in
            let stage = Stage(name: "main", steps: [])
            let job = try JobFolder(below: folder, job: JobID(rawValue: "j"), attempt: 1, stage: stage)
            try await job.make()
            let workspace = job.workspace
            try FileTree.make(workspace.appending("ci"))
            for file in [workspace.appending("ci/s.sh"), folder.appending("outside.sh")] {
                _ = try await runTool("sh", ["-c", "echo '#!/opt/nosh' > \(file)"])
            }
            _ = try await runTool("ln", ["-s", "\(folder)/outside.sh", "\(workspace)/ci/l.sh"])
            func found(_ commands: [String], directory: String? = nil) -> [String] {
                Shebang.all(
                    in: Step(name: "s", commands: commands, workingDirectory: directory), folder: job, stage: stage
                ).map(\.file)
            }
            #expect(found(["make && X=ci/s.sh; (ci/s.sh) ci/none.sh ci"]) == ["ci/s.sh"])
            #expect(found(["X=1 ci/s.sh"]) == ["ci/s.sh"])
            #expect(found(["sh ci/s.sh", "cp ci/s.sh /out"]) == [])
            #expect(found(["./s.sh | cat"], directory: "ci") == ["./s.sh"])
            #expect(found(["../outside.sh", "ci/l.sh", "\(folder)/outside.sh"]) == [])
        }
    }
}
