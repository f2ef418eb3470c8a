import Contracts
import DockerEngine
import FoundationEssentials
import HTTPClient
import Logging
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Images made of nothing but busybox, built by the Docker Engine of the tests and pushed to their registry.
enum TestImages {
    /// Builds an image that runs a command of busybox' shell.
    /// - Returns: `registry/repository@sha256:…`, which the engine has.
    static func build(
        _ script: String, volumes: [String] = [], labels: [String: String] = [:]
    ) async throws -> String {
        let socket = try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET")
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        return try await withTemporaryDirectory { directory in
            let path = directory.string
            try await runTool("cp", ["/bin/busybox", "\(path)/busybox"])
            // What is unique makes the digest so.
            let text = "\(script)\n# \(UInt64.random(in: .min ... .max))\n"
            try Data(text.utf8).write(to: URL(filePath: "\(path)/run"))
            let dockerfile = """
                FROM scratch
                LABEL test=\(UInt64.random(in: .min ... .max))
                COPY busybox /bin/busybox
                COPY run /run
                \(volumes.map { "VOLUME \($0)" }.joined(separator: "\n"))
                \(labels.map { "LABEL \($0.key)=\($0.value)" }.joined(separator: "\n"))
                CMD ["/bin/busybox", "sh", "/run"]
                """
            try Data(dockerfile.utf8).write(to: URL(filePath: "\(path)/Dockerfile"))
            try writeLogin(in: directory)
            let docker = ["-H", "unix://\(socket)", "--config", path]
            let name = "\(registry)/test/deployer:\(UInt64.random(in: .min ... .max))"
            try await runTool("docker", docker + ["build", "-q", "-t", name, path])
            try await runTool("docker", docker + ["push", "-q", name])
            let digests = try await runTool(
                "docker", docker + ["image", "inspect", "-f", "{{index .RepoDigests 0}}", name])
            return String(digests.filter { !$0.isWhitespace })
        }
    }

    /// Makes an index of one platform in the registry, and has the engine pull it by that digest.
    /// - Returns: `registry/repository@sha256:…` of the index.
    static func index(of image: String) async throws -> String {
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        let docker = ["-H", "unix://\(try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"))"]
        let reference = try ImageReference(image)
        let http = HTTPClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let manifests = "http://\(registry)/v2/\(reference.path)/manifests"
        let type = "application/vnd.docker.distribution.manifest.v2+json"
        let list = "application/vnd.docker.distribution.manifest.list.v2+json"
        var get = OutgoingRequest(.get, "\(manifests)/\(reference.digest ?? "")", headers: ["Accept": .init(type)])
        get.authentication = try login()
        let size = try await http.send(get).body.collect(upTo: 1 << 20).count
        let document: JSONValue = [
            "schemaVersion": 2, "mediaType": .string(list),
            // What is unique makes the digest so, as the attestations of a build do.
            "annotations": ["made": .string("\(UInt64.random(in: .min ... .max))")],
            "manifests": [
                [
                    "mediaType": .string(type), "size": .integer(Int64(size)),
                    "digest": .string(reference.digest ?? ""),
                    "platform": ["os": "linux", "architecture": "amd64"],
                ]
            ],
        ]
        var put = OutgoingRequest(.put, "\(manifests)/index-\(UInt64.random(in: .min ... .max))")
        put.headers["Content-Type"] = list
        put.body = .bytes(Array(try Wire.encode(document)))
        put.authentication = try login()
        let digest = try #require(try await http.send(put).headers["Docker-Content-Digest"])
        await http.shutdown()
        let name = "\(reference.repository)@\(digest)"
        try await withTemporaryDirectory { directory in
            try writeLogin(in: directory)
            try await runTool("docker", docker + ["--config", directory.string, "pull", "-q", name])
        }
        return name
    }

    /// The digest of an image's configuration, which is the engine's id of it.
    static func configuration(of image: String) async throws -> String {
        let docker = ["-H", "unix://\(try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"))"]
        return String(
            try await runTool("docker", docker + ["image", "inspect", "-f", "{{.Id}}", image]).filter {
                !$0.isWhitespace
            })
    }

    private static func login() throws -> OutgoingRequest.Authentication {
        .basic(
            username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
            password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD"))
    }

    /// Gives an image a tag in its registry, taking it from the image that had it.
    /// - Returns: `registry/repository:tag`.
    static func tag(_ image: String, _ tag: String) async throws -> String {
        let docker = ["-H", "unix://\(try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET"))"]
        let name = "\(image.prefix { $0 != "@" }):\(tag)"
        try await runTool("docker", docker + ["tag", image, name])
        try await withTemporaryDirectory { directory in
            try writeLogin(in: directory)
            try await runTool("docker", docker + ["--config", directory.string, "push", "-q", name])
        }
        return name
    }

    private static func writeLogin(in directory: FilePath) throws {
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        let username = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME")
        let password = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD")
        let auth = Data("\(username):\(password)".utf8).base64EncodedString()
        try Data(#"{"auths":{"\#(registry)":{"auth":"\#(auth)"}}}"#.utf8)
            .write(to: URL(filePath: directory.appending("config.json").string))
    }

    private static let servers = Mutex<[String: Task<String, any Error>]>([:])

    /// Answers a text over HTTP on port 8080. All tests of a process share one image for each text.
    static func server(_ text: String) async throws -> String {
        try await servers.withLock { servers in
            let made = servers[text] ?? Task { try await newServer(text) }
            servers[text] = made
            return made
        }.value
    }

    /// The same as an image that no other test has.
    static func newServer(_ text: String) async throws -> String {
        try await build(
            """
            /bin/busybox mkdir -p /www
            /bin/busybox echo '\(text)' > /www/index.html
            exec /bin/busybox httpd -f -p 8080 -h /www
            """)
    }

    /// Gives an image of ``build(_:volumes:)`` its own tag at the registry.
    static func tag(_ image: String) async throws -> String {
        let repository = image.split(separator: "@").first ?? ""
        let tag = "\(repository):t\(UInt64.random(in: .min ... .max))"
        try await push(image, as: tag)
        return tag
    }

    /// Makes a tag stand for an image. The host of the test keeps no such tag.
    static func push(_ image: String, as tag: String) async throws {
        let socket = try TestEnvironment.required("SLIPWAY_TEST_DOCKER_SOCKET")
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        let username = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME")
        let password = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD")
        try await withTemporaryDirectory { directory in
            let auth = Data("\(username):\(password)".utf8).base64EncodedString()
            try Data(#"{"auths":{"\#(registry)":{"auth":"\#(auth)"}}}"#.utf8)
                .write(to: URL(filePath: "\(directory.string)/config.json"))
            let docker = ["-H", "unix://\(socket)", "--config", directory.string]
            try await runTool("docker", docker + ["tag", image, tag])
            try await runTool("docker", docker + ["push", "-q", tag])
            try await runTool("docker", docker + ["rmi", tag])
        }
    }
}
