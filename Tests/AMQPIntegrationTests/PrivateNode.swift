import SystemPackage
import TestSupport
import Testing

/// Starts one node for all tests of a suite.
struct PrivateNode: SuiteTrait, TestScoping {
    @TaskLocal static var current: PrivateBroker?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await PrivateBroker.with(prepare: Self.secure) { broker in
            try await Self.$current.withValue(broker) { try await function() }
        }
    }

    /// Where the node's certificates and those of its clients are.
    static func certificates(_ broker: PrivateBroker) -> String {
        broker.directory.appending("tls").string
    }

    /// Makes an authority, a server's and a client's certificate, and has the node demand the latter on its next port.
    private static func secure(_ directory: FilePath, _ port: Int) async throws -> String {
        let files = directory.appending("tls").string
        try await runTool("mkdir", [files])
        for authority in ["ca", "other"] {
            try await runTool(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=\(authority)", "-keyout", "\(files)/\(authority).key", "-out",
                    "\(files)/\(authority).pem",
                ])
        }
        for name in ["server", "client"] {
            try writeFile(FilePath("\(files)/\(name).ext"), "subjectAltName=DNS:localhost\n")
            try await runTool(
                "openssl",
                [
                    "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=\(name)",
                    "-keyout", "\(files)/\(name).key", "-out", "\(files)/\(name).csr",
                ])
            try await runTool(
                "openssl",
                [
                    "x509", "-req", "-in", "\(files)/\(name).csr", "-CA", "\(files)/ca.pem", "-CAkey",
                    "\(files)/ca.key",
                    "-CAcreateserial", "-days", "2", "-extfile", "\(files)/\(name).ext", "-out", "\(files)/\(name).pem",
                ])
        }
        // The node may run as another user.
        try await runTool("chmod", ["-R", "a+rX", directory.string])
        return """
            listeners.ssl.1 = 127.0.0.1:\(port + 1)
            ssl_options.cacertfile = \(files)/ca.pem
            ssl_options.certfile = \(files)/server.pem
            ssl_options.keyfile = \(files)/server.key
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true
            """
    }
}

extension Trait where Self == PrivateNode {
    static var privateNode: PrivateNode { PrivateNode() }
}
