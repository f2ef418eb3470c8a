import Foundation
import HTTPClient
import Logging
import Subprocess
import Testing

/// TLS against a real server, with certificates made by openssl for the test.
@Suite struct TLSTests {
    private let client = HTTPClient(logger: Logger(label: "test"))

    /// An authority, a server's certificate for `server.test` and a client's, in their own folder.
    private struct Certificates: Sendable {
        let folder: String
        func file(_ name: String) -> String { "\(folder)/\(name)" }
        func text(_ name: String) throws -> HTTPRequest.TLS.PEM {
            .text(try String(contentsOfFile: file(name), encoding: .utf8))
        }

        static func with(_ body: @Sendable (Certificates) async throws -> Void) async throws {
            let folder = "/tmp/slipway-tls-\(UInt32.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let script = """
                set -e; cd "$1"
                for ca in ca other; do
                    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$ca" \
                        -keyout $ca.key -out $ca.pem
                done
                for name in server client; do
                    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr
                    echo "subjectAltName=DNS:$name.test" > ext
                    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $name.pem
                done
                """
            let result = try await run(
                .name("sh"), arguments: ["-c", script, "sh", folder], output: .discarded,
                error: .string(limit: 100_000))
            try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
            try await body(Certificates(folder: folder))
        }
    }

    private func hello(_ port: Int, _ tls: HTTPRequest.TLS?) async throws -> String {
        let response = try await client.send(
            HTTPRequest(.get, "https://127.0.0.1:\(port)/hello", tls: tls, connectTimeout: .seconds(5)))
        return String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self)
    }

    @Test func authoritiesAndNames() async throws {
        try await Certificates.with { made in
            try await PythonServer.with(certificate: made.file("server.pem"), key: made.file("server.key")) {
                server async throws in
                let port = server.port
                await expect(code: .untrusted) { try await hello(port, nil) }
                await expect(code: .untrusted) {
                    try await hello(port, .init(authorities: .file(made.file("other.pem")), serverName: "server.test"))
                }
                await expect(code: .untrusted) {
                    try await hello(port, .init(authorities: .file(made.file("ca.pem"))))
                }
                await expect(code: .untrusted) {
                    try await hello(port, .init(authorities: .file(made.file("ca.pem")), serverName: "wrong.test"))
                }
                for authority in [HTTPRequest.TLS.PEM.file(made.file("ca.pem")), try made.text("ca.pem")] {
                    #expect(
                        try await hello(port, .init(authorities: authority, serverName: "server.test"))
                            == "hello world at 127.0.0.1:\(port)")
                }
                #expect(try await hello(port, .init(verifies: false)) == "hello world at 127.0.0.1:\(port)")
                await expect(code: .invalidRequest) {
                    try await hello(port, .init(authorities: .file("/no/such/file")))
                }
            }
        }
    }

    @Test func clientCertificates() async throws {
        try await Certificates.with { made in
            try await PythonServer.with(
                certificate: made.file("server.pem"), key: made.file("server.key"), authority: made.file("ca.pem")
            ) { server async throws in
                let base = HTTPRequest.TLS(authorities: .file(made.file("ca.pem")), serverName: "server.test")
                await #expect(throws: HTTPClientError.self) { try await hello(server.port, base) }
                var files = base
                files.identity = .init(certificate: .file(made.file("client.pem")), key: .file(made.file("client.key")))
                #expect(try await hello(server.port, files).hasPrefix("hello client"))
                var texts = base
                texts.identity = .init(certificate: try made.text("client.pem"), key: try made.text("client.key"))
                #expect(try await hello(server.port, texts).hasPrefix("hello client"))
                var broken = base
                broken.identity = .init(certificate: .text("nonsense"), key: .text("nonsense"))
                await expect(code: .invalidRequest) { try await hello(server.port, broken) }
            }
        }
    }
}
