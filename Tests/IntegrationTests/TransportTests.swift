import Contracts
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Everything over TLS: hooks, the mirrors that builders fetch from, the API and the pages.
@Suite struct TransportTests {
    /// An authority, and a certificate of it for loopback.
    private struct Authority {
        let folder: FilePath

        var file: String { folder.appending("ca.crt").string }

        init(in folder: FilePath) async throws {
            self.folder = folder
            try await make("ca", "crt", ["-x509", "-days", "2"])
        }

        private func make(_ name: String, _ end: String, _ more: [String] = []) async throws {
            let file = folder.appending(name).string
            try await runTool(
                "openssl",
                [
                    "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=\(name)",
                    "-keyout", "\(file).key", "-out", "\(file).\(end)",
                ] + more)
        }

        /// Puts a certificate of this authority where services look for theirs.
        func issue(_ name: String) async throws {
            let file = folder.appending(name).string
            try await make(name, "csr")
            try writeFile(FilePath("\(file).ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
            try await runTool(
                "openssl",
                [
                    "x509", "-req", "-in", "\(file).csr", "-CA", self.file, "-CAkey",
                    folder.appending("ca.key").string, "-CAcreateserial", "-days", "2", "-extfile", "\(file).ext",
                    "-out",
                    "\(file).pem",
                ])
            try await runTool("mv", ["\(file).pem", folder.appending("tls.crt").string])
            try await runTool("mv", ["\(file).key", folder.appending("tls.key").string])
        }
    }

    private func shown(_ port: Int) async throws -> String {
        try await runTool(
            "sh",
            [
                "-c",
                "openssl s_client -connect 127.0.0.1:\(port) < /dev/null 2> /dev/null | openssl x509 -noout -subject",
            ])
    }

    @Test(.timeLimit(.minutes(3))) func aPushGoesItsWayOverTLSAndCertificatesAreRenewedMeanwhile() async throws {
        try await withTemporaryDirectory { folder in
            let authority = try await Authority(in: folder)
            try await authority.issue("first")
            let listener = [
                "SLIPWAY_TLS_CERTIFICATE_FILE": folder.appending("tls.crt").string,
                "SLIPWAY_TLS_KEY_FILE": folder.appending("tls.key").string,
            ]
            let client = ["SLIPWAY_CA_FILE": authority.file]
            try await Stack.with(
                settings: ["webhook-gateway": listener, "sync": listener, "pipeline": listener, "builder": client],
                authority: authority.file
            ) { stack in
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
                let files = [".slipway.yml": #"{"steps": [{"step": "ok", "commands": ["cat page"]}]}"#]
                for (name, certificate) in [("one", "second"), ("two", "third")] {
                    let commit = try await repository.push(files.merging(["page": name]) { $1 })
                    let view = try await stack.platform.finishedRun("shop/web", commit: commit)
                    #expect(view.summary.state == .success, "\(view)")
                    let step = try #require(view.stages.first?.steps.first)
                    #expect(try await stack.platform.log(view.summary.id, step.id).contains(name))
                    try await authority.issue(certificate)
                    for port in [stack.ports.gateway, stack.ports.sync, stack.ports.pipeline] {
                        try await eventually("\(port) shows the new certificate") {
                            try await shown(port).contains(certificate)
                        }
                    }
                }
                // Pages by https alone from now on, and a session that no neighbour can put there.
                let page = "https://127.0.0.1:\(stack.ports.pipeline)/sign-in"
                let token = stack.tokenFile.string
                let said = try await runTool(
                    "curl",
                    [
                        "-sS", "--max-time", "30", "--cacert", authority.file, "-o", "/dev/null", "-D", "-", "-H",
                        "Sec-Fetch-Site: same-origin", "--data-urlencode", "token@\(token)", page,
                    ])
                #expect(said.lowercased().contains("strict-transport-security: max-age=31536000"), "\(said)")
                #expect(said.contains("__Host-slipway_session=s_") && said.contains("; Secure"), "\(said)")
                // The command trusts the authority it is told of, and no other.
                let script = """
                    unset SLIPWAY_TOKEN SLIPWAY_SERVER SLIPWAY_CA_FILE
                    export XDG_CONFIG_HOME='\(folder)/cli' PATH="\(ServiceProgram.folder):$PATH"
                    slipway login https://127.0.0.1:\(stack.ports.pipeline) --token-file '\(token)' 2>&1
                    slipway login https://127.0.0.1:\(stack.ports.pipeline) --token-file '\(token)' \
                    --ca-file '\(authority.file)' && slipway runs
                    """
                let commands = try await runTool("sh", ["-c", script])
                #expect(commands.contains("is not trusted") && commands.contains("--ca-file"), "\(commands)")
                #expect(commands.contains("shop/web#2"), "\(commands)")
            }
        }
    }
}
