import DockerEngine
import Foundation
import HTTPClient
import Logging
import TestSupport

/// The rig's engine for one test, with its own names and everything it made removed afterwards.
struct EngineScope: Sendable {
    let engine: DockerEngine
    let client: HTTPClient
    /// Unique: goes into every name and label.
    let name: String
    /// A folder for contexts.
    let folder: String

    var labels: [String: String] { ["slipway.test": name] }
    var registry: String { get throws { try TestEnvironment.required("SLIPWAY_TEST_REGISTRY") } }
    var login: RegistryCredentials {
        get throws {
            RegistryCredentials(
                username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
                password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD"))
        }
    }

    static func with(_ body: (EngineScope) async throws -> Void) async throws {
        let client = HTTPClient(logger: Logger(label: "test"))
        let engine = try await DockerEngine.connect(
            socketPath: try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"), client: client,
            logger: Logger(label: "test"))
        let name = "slipway-test-\(UInt64.random(in: 0 ... .max))"
        let scope = EngineScope(engine: engine, client: client, name: name, folder: "/tmp/\(name)")
        try FileManager.default.createDirectory(atPath: scope.folder, withIntermediateDirectories: true)
        let result: Result<Void, any Error>
        do {
            try await body(scope)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for container in try await engine.containers(labelled: scope.labels) {
            try await engine.removeContainer(container.id)
        }
        for network in try await engine.networks(labelled: scope.labels) { try await engine.removeNetwork(network.id) }
        for volume in try await engine.volumes(labelled: scope.labels) { try await engine.removeVolume(volume.id) }
        try await engine.removeImage("\(name)/base:1", force: true)
        try FileManager.default.removeItem(atPath: scope.folder)
        await client.shutdown()
        try result.get()
    }

    func write(_ path: String, _ text: String) throws {
        let whole = "\(folder)/\(path)"
        let parent = String(whole[..<(whole.lastIndex(of: "/") ?? whole.endIndex)])
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try text.write(toFile: whole, atomically: false, encoding: .utf8)
    }

    /// Builds an image with a shell, from nothing but busybox. Its layers are this scope's own: with the last image that has
    /// them they go, also while somebody builds upon them.
    func baseImage() async throws -> ImageReference {
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: "\(folder)/busybox")
        try write(
            "Dockerfile",
            """
            FROM scratch
            LABEL test=\(name)
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "-s", "/bin"]
            """)
        let image = try ImageReference("\(name)/base:1")
        _ = try await engine.build(BuildOptions(context: folder, tags: [image], labels: labels)) { _ in }
        return image
    }

    /// A container of the base image that runs a script.
    func container(_ image: ImageReference, _ script: String) -> ContainerSpecification {
        var container = ContainerSpecification(image: "\(image)")
        container.command = ["/bin/sh", "-c", script]
        container.labels = labels
        container.logging = ContainerSpecification.Logging.none
        return container
    }

    /// Runs a container to its end.
    func run(_ container: ContainerSpecification) async throws -> (code: Int32, output: String, error: String) {
        let id = try await engine.createContainer(container)
        let exit = try await engine.awaitExit(of: id)
        let log = try await engine.attach(to: id)
        try await engine.startContainer(id)
        var (output, error): ([UInt8], [UInt8]) = ([], [])
        for try await piece in log {
            if piece.stream == .error { error += piece.bytes } else { output += piece.bytes }
        }
        return (try await exit.code(), String(decoding: output, as: UTF8.self), String(decoding: error, as: UTF8.self))
    }
}
