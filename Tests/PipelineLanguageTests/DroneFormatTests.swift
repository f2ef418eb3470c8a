import Contracts
import Testing

@testable import PipelineLanguage

/// How much of what Drone documents works here, counted: each field stands in its own document, and works if that
/// compiles without a word about it being refused, passed over or without effect.
@Suite("Of what Drone documents")
struct DroneFormatTests {
    /// The fields of the whole document.
    static let documents: [String: String] = [
        "kind: pipeline": "kind: pipeline", "kind: secret, get": "kind: secret\nname: s\nget: {path: p, name: k}",
        "kind: secret, data": "kind: secret\nname: s\ndata: abc", "kind: signature": "kind: signature\nhmac: abc",
        "kind: template, YAML": "kind: template\nload: go-service.yaml\ndata: {package: ./...}",
        "kind: template, Starlark": "kind: template\nload: go.star", "type: docker": "type: docker",
        "type: exec": "type: exec\nsteps: [{name: a, commands: [a]}]", "name": "name: a",
        "platform.os": "platform: {os: linux}", "platform.arch": "platform: {arch: arm64}",
        "platform.variant": "platform: {variant: v7}", "platform.version": "platform: {version: 1809}",
        "node": "node: {disk: ssd}", "environment": "environment: {A: b}",
        "image_pull_secrets": "image_pull_secrets: [a]",
        "depends_on":
            "name: a\nsteps: [{name: a, image: x, commands: [a]}]\n---\nkind: pipeline\nname: b\ndepends_on: [a]\nsteps: [{name: a, image: x, commands: [a]}]",
        "concurrency.limit": "concurrency: {limit: 1}", "clone.disable": "clone: {disable: true}",
        "clone.depth": "clone: {depth: 1}", "clone.retries": "clone: {retries: 2}",
        "clone.skip_verify": "clone: {skip_verify: true}", "clone.trace": "clone: {trace: true}",
        "workspace.base": "workspace: {base: /go}", "workspace.path": "workspace: {path: src/x}",
        "volumes.temp": volume("temp: {}"), "volumes.temp.medium": volume("temp: {medium: memory}"),
        "volumes.temp.size_limit": volume("temp: {medium: memory, size_limit: 1g}"),
        "volumes.host": volume("host: {path: /tmp}"),
        "services": "services: [{name: s, image: redis}]",
        "services.ports": "services: [{name: s, image: redis, ports: [80]}]",
        "services.when": "services: [{name: s, image: redis, when: {event: push}}]",
    ]

    private static func volume(_ source: String) -> String {
        "volumes: [{name: v, \(source)}]\nsteps: [{name: a, image: x, commands: [a], volumes: [{name: v, path: /v}]}]"
    }

    /// The fields of a step; what is in front of it, and the step's own text.
    static let steps: [String: String] = [
        "commands": "commands: [a]", "image": "image: alpine", "command": "image: x, command: [a]",
        "entrypoint": "image: x, entrypoint: [a]", "shell": "image: x, commands: [a], shell: /bin/bash",
        "environment": "image: x, commands: [a], environment: {A: b}",
        "environment.from_secret": "image: x, commands: [a], environment: {A: {from_secret: b}}",
        "settings": "image: x, settings: {a: [1, {b: c}]}",
        "settings.from_secret": "image: x, settings: {a: {from_secret: b}}",
        "when": "image: x, commands: [a], when: {branch: main}",
        "depends_on": "image: x, commands: [a], depends_on: []",
        "detach": "image: x, commands: [a], detach: true", "failure": "image: x, commands: [a], failure: ignore",
        "pull": "image: x, commands: [a], pull: always", "privileged": "image: x, commands: [a], privileged: true",
        "user": "image: x, commands: [a], user: root", "working_dir": "image: x, commands: [a], working_dir: /a",
        "volumes": "image: x, commands: [a], volumes: [{name: v, path: /v}]",
        "devices": "image: x, commands: [a], devices: [{name: v, path: /dev/v}]",
        "dns": "image: x, commands: [a], dns: [1.1.1.1]",
        "dns_search": "image: x, commands: [a], dns_search: [a.example]",
        "extra_hosts": "image: x, commands: [a], extra_hosts: [\"a:127.0.0.1\"]",
        "network_mode": "image: x, commands: [a], network_mode: host",
        "mem_limit": "image: x, commands: [a], mem_limit: 1g",
        "memswap_limit": "image: x, commands: [a], mem_limit: 1g, memswap_limit: 2g",
        "shm_size": "image: x, commands: [a], shm_size: 1g",
    ]

    /// The clauses of `trigger` and `when`, each counted once.
    static let clauses: [String: String] = [
        "branch": "main", "event": "push", "ref": "refs/heads/*", "repo": "shop/*", "instance": "a.example",
        "target": "production", "cron": "nightly", "action": "opened", "status": "[success, failure]",
        "paths": "[\"src/**\"]", "include, exclude": "",
    ]

    /// What does not work, told so that the count is not all one can read.
    static func failing() throws -> Set<String> {
        var failing = Set<String>()
        for (name, text) in documents where try !works(document(text)) { failing.insert(name) }
        for (name, text) in steps {
            let source =
                "volumes: [{name: v, host: {path: /dev/v}}]\nsteps: [{name: a, \(text)}, {name: b, image: x, commands: [a], volumes: [{name: v, path: /v}]}]"
            if try !works(name == "commands" ? "steps: [{name: a, \(text)}]" : source) {
                failing.insert("steps.\(name)")
            }
        }
        for (name, value) in clauses {
            let clause = value.isEmpty ? "branch: {include: [a*], exclude: [ab]}" : "\(name): \(value)"
            if try !works("trigger: {\(clause)}\nsteps: [{name: a, image: x, commands: [a], when: {\(clause)}}]") {
                failing.insert("when.\(name)")
            }
        }
        return failing
    }

    private static func document(_ text: String) -> String {
        let isPart = text.hasPrefix("kind: s")
        if isPart { return "kind: pipeline\nsteps: [{name: a, image: x, commands: [a]}]\n---\n\(text)" }
        if text.hasPrefix("kind: template") { return text }
        let kind = text.hasPrefix("kind:") ? "" : "kind: pipeline\n"
        return kind + text + (text.contains("steps:") ? "" : "\nsteps: [{name: a, image: x, commands: [a]}]")
    }

    private static func works(_ source: String) throws -> Bool {
        let components = try Golden.components()
        do throws(DiagnosticList) {
            let context = Compiler.Context(components: components)
            let result = try Compiler.compile(source: source, path: ".drone.yml", context: context)
            return !result.warnings.contains { [.notExecuted, .noEffect, .unsupported].contains($0.code) }
        } catch {
            return false
        }
    }

    @Test("this works, and the README says so")
    func count() throws {
        let failing = try Self.failing()
        let fields = Self.documents.count + Self.steps.count + Self.clauses.count
        let variables = RunVariable.drone
        let events = Event.allCases
        let words =
            "\(fields - failing.count) of \(fields) fields, \(variables.count { !$0.isRefused }) of \(variables.count) "
            + "variables and \(events.count { $0.notYet == nil }) of \(events.count) events"
        #expect(failing == Self.expected, "\(failing.sorted())")
        let readme = try Documentation.text("README.md").split { $0.isWhitespace }.joined(separator: " ")
        #expect(readme.contains(words), "\(words)")
    }

    /// What a count alone would hide.
    private static let expected: Set<String> = [
        "kind: secret, get", "kind: secret, data", "kind: signature", "kind: template, Starlark", "platform.variant",
        "platform.version", "concurrency.limit", "clone.skip_verify", "clone.trace", "services.ports",
        "when.action",
    ]
}
