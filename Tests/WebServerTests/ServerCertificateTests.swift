import FoundationEssentials
import Hummingbird
import Logging
import Runtime
import ServiceLifecycle
import SystemPackage
import TestSupport
import Testing

@testable import WebServer

@Suite(.timeLimit(.minutes(2))) struct ServerCertificateTests {
    /// Makes an authority and a certificate of it for localhost.
    private func issue(_ name: String, in folder: FilePath, days: Int = 2) async throws {
        let file = folder.appending(name).string
        try await runTool(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                "\(days)", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                "\(file).key", "-out", "\(file).crt",
            ])
    }

    private func install(_ name: String, _ ends: [String] = ["crt", "key"], in folder: FilePath) async throws {
        for end in ends {
            let to = folder.appending("tls.\(end)").string
            try await runTool("cp", [folder.appending("\(name).\(end)").string, to + ".new"])
            try await runTool("mv", [to + ".new", to])
        }
    }

    private func certificate(in folder: FilePath) throws -> ServerCertificate {
        try ServerCertificate(
            certificate: folder.appending("tls.crt").string, key: folder.appending("tls.key").string,
            every: .milliseconds(50), logger: Logger(label: "test"))
    }

    /// The name of the certificate that a listener shows.
    private func shown(_ port: Int) async throws -> String {
        try await runTool(
            "sh",
            [
                "-c",
                "openssl s_client -connect 127.0.0.1:\(port) < /dev/null 2> /dev/null | openssl x509 -noout -subject",
            ]
        ).trimmingCharacters()
    }

    @Test func `A renewed certificate is shown without a restart, and a broken one leaves the old one`() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["first", "second", "other"] { try await issue(name, in: folder) }
            try await install("first", in: folder)
            let certificate = try certificate(in: folder)
            let port = try LoopbackPort.free()
            let router = Router()
            router.get("/") { _, _ in "over TLS" }
            let (served, continuation) = AsyncStream.makeStream(of: Void.self)
            let server = RouterService(
                router, on: ListenAddress(host: "127.0.0.1", port: port),
                setting: .listen("listen", "", default: ListenAddress(host: "127.0.0.1", port: 1)),
                certificate: certificate, logger: Logger(label: "test"), served: { continuation.finish() })
            let group = ServiceGroup(services: [certificate, server], logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for await _ in served {}
                let ask = ["-sS", "--max-time", "20", "--cacert"]
                #expect(
                    try await runTool(
                        "curl", ask + [folder.appending("first.crt").string, "https://127.0.0.1:\(port)/"])
                        == "over TLS")
                #expect(try await shown(port).hasSuffix("first"))
                #expect(certificate.problem == nil)

                // The key of another certificate, and then something that is none.
                try await install("second", ["crt"], in: folder)
                try await eventually("the pair is looked at") { certificate.problem != nil }
                #expect(certificate.problem?.contains("is not that of the certificate") == true)
                #expect(try await shown(port).hasSuffix("first"))
                try Data("no PEM".utf8).write(to: URL(filePath: folder.appending("tls.crt").string))
                try await eventually("the file is looked at") { certificate.problem?.contains("no PEM file") == true }
                #expect(try await shown(port).hasSuffix("first"))

                try await install("second", in: folder)
                try await eventually("the pair is in use") { certificate.problem == nil }
                #expect(try await shown(port).hasSuffix("second"))
                #expect(
                    try await runTool(
                        "curl", ask + [folder.appending("second.crt").string, "https://127.0.0.1:\(port)/"])
                        == "over TLS")
                // Nothing older than TLS 1.2, and no plain HTTP.
                await #expect(throws: TestFailure.self) {
                    try await runTool("curl", ["-sSk", "--tls-max", "1.1", "https://127.0.0.1:\(port)/"])
                }
                await #expect(throws: TestFailure.self) {
                    try await runTool("curl", ["-sS", "--max-time", "20", "http://127.0.0.1:\(port)/"])
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    @Test func `Settings that cannot be used name what is wrong with them`() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["tls", "other"] { try await issue(name, in: folder) }
            func load(_ values: [String: String]) async throws -> ServerCertificate? {
                try ServerCertificate(
                    try await Settings(arguments: ["test"], environment: values), Readiness(),
                    logger: Logger(label: "test"))
            }
            func problem(_ values: [String: String]) async -> SettingsError? {
                await #expect(throws: SettingsError.self) { try await load(values) }
            }
            let (crt, key) = (folder.appending("tls.crt").string, folder.appending("tls.key").string)
            #expect(try await load([:]) == nil)
            #expect(try await load(["SLIPWAY_TLS_CERTIFICATE_FILE": crt, "SLIPWAY_TLS_KEY_FILE": key]) != nil)
            #expect(
                await problem(["SLIPWAY_TLS_CERTIFICATE_FILE": crt])?.message.contains("SLIPWAY_TLS_KEY_FILE") == true)
            #expect(
                await problem(["SLIPWAY_TLS_KEY_FILE": key])?.message.contains("SLIPWAY_TLS_CERTIFICATE_FILE") == true)
            let other = folder.appending("other.key").string
            let cases = [
                (crt, other, "the key in \(other) is not that of the certificate in \(crt)"),
                ("/nowhere.crt", key, "/nowhere.crt cannot be read: No such file"), (key, key, "\(key)"),
            ]
            for (certificate, key, expected) in cases {
                let error = await problem(["SLIPWAY_TLS_CERTIFICATE_FILE": certificate, "SLIPWAY_TLS_KEY_FILE": key])
                #expect(error?.message.contains(expected) == true, "\(String(describing: error))")
            }
        }
    }
}

extension String {
    fileprivate func trimmingCharacters() -> String { String(prefix { $0 != "\n" }) }
}
