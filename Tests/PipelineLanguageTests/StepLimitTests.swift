import Testing

@testable import PipelineLanguage

@Suite struct StepLimitTests {
    private func step(_ fields: String) throws -> Step {
        let source = "kind: pipeline\nsteps: [{name: a, image: x, commands: [a], \(fields)}]"
        let process = try Compiler.compile(source: source, path: ".drone.yml", context: Compiler.Context()).process
        return try #require(process.stages.first?.steps.first)
    }

    @Test(arguments: [("cpus: 2", 2.0), ("cpus: 0.5", 0.5)])
    func aStepSaysHowManyCPUs(_ fields: String, _ wanted: Double) throws {
        #expect(try step(fields).cpuLimit == wanted)
    }

    @Test(arguments: [
        ("cpus: 0", "“cpus” is a number"), ("cpus: -1", "“cpus” is a number"), ("cpus: many", "“cpus” is a number"),
        ("cpus: nan", "“cpus” is a number"), ("cpus: [1]", "“cpus”"), ("pids_limit: 3", "“pids_limit” is from 16"),
        ("pids_limit: all", "“pids_limit” is a whole number"), ("cpu: 2", "the most processors are “cpus”"),
    ])
    func whatIsNoLimitIsRefused(_ fields: String, _ words: String) {
        let error = #expect(throws: DiagnosticList.self) { try step(fields) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(fields)")
    }
}
