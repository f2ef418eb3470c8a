import DockerEngine
import HTTPClient
import Logging
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A registry with a certificate of a private authority.
@Suite(.timeLimit(.minutes(1))) struct PrivateAuthorityTests {
    private static let digest = "sha256:" + String(repeating: "1a", count: 32)

    @Test(
        "is trusted where its authority is named, and told with the setting's name where it is not, on loopback too",
        arguments: ["0.0.0.0", "127.0.0.1"])
    func trust(address: String) async throws {
        try await withTemporaryDirectory { folder in
            let port = try LoopbackPort.free()
            // What is served are files with their headers.
            let script = """
                set -e; cd "$1"; mkdir -p v2/shop/web/manifests
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ours -keyout ca.key -out ca.pem
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry -keyout key.pem -out csr.pem
                echo subjectAltName=IP:\(address) > extensions
                openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.pem
                printf 'HTTP/1.0 200 OK\\r\\nDocker-Content-Digest: \(Self.digest)\\r\\n\\r\\n{}' > v2/shop/web/manifests/v1
                """
            _ = try await runTool("sh", ["-c", script, "sh", folder.string])
            let authorities = HTTPRequest.TLS.PEM.file(folder.appending("ca.pem").string)
            let client = HTTPClient(logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group async throws in
                group.addTask {
                    _ = try await Subprocess.run(
                        .name("openssl"),
                        arguments: [
                            "s_server", "-quiet", "-HTTP", "-accept", "127.0.0.1:\(port)", "-cert", "server.pem",
                            "-key",
                            "key.pem",
                        ], workingDirectory: folder, output: .discarded, error: .discarded)
                }
                defer { group.cancelAll() }
                let image = ImageReference(host: "\(address):\(port)", path: "shop/web", tag: "v1")
                // It is asked again while the server is not up yet.
                let trusting = RegistryClient(
                    client: client, authorities: authorities,
                    retry: TransferRetry(delays: Array(repeating: .milliseconds(200), count: 50)))
                #expect(try await trusting.manifest(of: image, login: nil).digest == Self.digest)
                let error = await #expect(throws: DockerError.self) {
                    try await RegistryClient(client: client).manifest(of: image, login: nil)
                }
                #expect(error?.code == .untrusted)
                #expect(error?.message.contains("SLIPWAY_CA_FILE") == true, "\(error as Any)")
            }
            await client.shutdown()
        }
    }
}
