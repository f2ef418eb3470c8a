import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

@testable import Kubernetes

@Suite struct KubeconfigTests {
    private let pem = Data("-----BEGIN CERTIFICATE-----".utf8).base64EncodedString()

    private func access(_ user: String, cluster: String = "", context: String = "") throws -> ClusterAccess {
        let text = """
            apiVersion: v1
            kind: Config
            current-context: main
            contexts:
            - name: main
              context: {cluster: c, user: u\(context)}
            clusters:
            - name: c
              cluster: {server: "https://k8s.example:6443/"\(cluster)}
            users:
            - name: u
              user: \(user)
            """
        return try ClusterAccess(Kubeconfig.parse(text, path: "/etc/kube/config"), path: "/etc/kube/config")
    }

    @Test func clientCertificateAsDataAndAsFile() throws {
        let data = try access("{client-certificate-data: \(pem), client-key-data: \(pem)}")
        #expect(data.server == "https://k8s.example:6443")
        #expect(data.namespace == "default")
        #expect(data.tls.identity?.certificate == .text("-----BEGIN CERTIFICATE-----"))
        let file = try access("{client-certificate: certs/a.crt, client-key: /abs/a.key}")
        #expect(file.tls.identity?.certificate == .file("/etc/kube/certs/a.crt"))
        #expect(file.tls.identity?.key == .file("/abs/a.key"))
    }

    @Test func authoritiesServerNameAndNamespace() throws {
        let found = try access(
            "{token: t0ken}", cluster: ", certificate-authority-data: \(pem), tls-server-name: kubernetes",
            context: ", namespace: shop")
        #expect(found.tls.authorities == .text("-----BEGIN CERTIFICATE-----"))
        #expect(found.tls.serverName == "kubernetes")
        #expect(found.tls.verifies)
        #expect(found.namespace == "shop")
        #expect(found.credential == .token("t0ken"))
        #expect(try !access("{}", cluster: ", insecure-skip-tls-verify: true").tls.verifies)
    }

    @Test func theSameWayToAClusterIsKnownByItsFingerprint() throws {
        let one = try access("{token: t0ken}", cluster: ", certificate-authority-data: \(pem)")
        let same = try access(
            "{token: t0ken}", cluster: ", certificate-authority-data: \(pem)", context: ", namespace: shop")
        #expect(one.fingerprint?.count == 64)
        #expect(one.fingerprint == same.fingerprint)
        // Another account may be let in to another cluster behind the same address.
        for other in [
            try access("{token: other}", cluster: ", certificate-authority-data: \(pem)"),
            try access("{token: t0ken}"),
            try access("{token: t0ken}", cluster: ", certificate-authority-data: \(pem), tls-server-name: b"),
        ] { #expect(other.fingerprint != one.fingerprint) }
        // The tokens of a cluster's service accounts name the key that signed them.
        func token(_ key: String, _ account: String) throws -> ClusterAccess {
            func part(_ text: String) -> String {
                Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").filter {
                    $0 != "="
                }
            }
            let claims = part(#"{"sub":"\#(account)"}"#)
            return try access("{token: \(part(#"{"alg":"RS256","kid":"\#(key)"}"#)).\(claims).c2ln}")
        }
        let deployer = try token("k1", "system:serviceaccount:shop:deployer").signingKey
        #expect(deployer == "service-accounts:k1")
        #expect(try token("k1", "system:serviceaccount:blog:deployer").signingKey == deployer)
        #expect(try token("k2", "system:serviceaccount:shop:deployer").signingKey != deployer)
        #expect(try token("k1", "ada").signingKey == nil)
        #expect(one.signingKey == nil)
        func exec(_ cluster: String) throws -> String? {
            try access("{exec: {command: aws, args: [get-token, \(cluster)]}}").fingerprint
        }
        #expect(try exec("a") == exec("a"))
        #expect(try exec("a") != exec("b"))
        // The address of the API server in a pod is the same everywhere.
        #expect(try access("{tokenFile: token}").fingerprint == nil)
    }

    @Test func theOtherWaysToSignIn() throws {
        #expect(try access("{tokenFile: token}").credential == .tokenFile("/etc/kube/token"))
        #expect(try access("{username: ada, password: pw}").credential == .basic(username: "ada", password: "pw"))
        #expect(try access("{}").credential == .none)
    }

    @Test func whatIsMissingIsNamed() throws {
        func problem(_ text: String) -> String {
            do {
                _ = try ClusterAccess(Kubeconfig.parse(text, path: "k"), path: "k")
                return "none"
            } catch {
                return error.message
            }
        }
        #expect(problem("{}") == "k: it has no context")
        #expect(problem("current-context: x") == "k: its current context “x” is not in it")
        #expect(
            problem("contexts: [{name: x, context: {cluster: c, user: u}}]")
                == "k: the cluster “c” of the context “x” is not in it")
        #expect(problem("- no").hasPrefix("k is no kubeconfig"))
        #expect(problem(": :").hasPrefix("k is no kubeconfig"))
    }

    @Test func aPluginIsAskedOnceAndAgainAfterItWasRefused() async throws {
        try await withTemporaryDirectory { directory in
            let plugin = directory.appending("plugin").string
            let count = directory.appending("count").string
            let script = """
                #!/bin/sh
                echo x >> \(count)
                echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$ROLE-$(wc -l < \(count) | tr -d ' ')'"}}'
                """
            try Data(script.utf8).write(to: URL(filePath: plugin))
            try await runTool("chmod", ["700", plugin])
            let found = try access("{exec: {command: \(plugin), env: [{name: ROLE, value: deploy}]}}")
            let credentials = ClusterCredentials(found.credential)
            #expect(try await credentials.authentication() == .bearer("deploy-1"))
            #expect(try await credentials.authentication() == .bearer("deploy-1"))
            #expect(await credentials.forget())
            #expect(try await credentials.authentication() == .bearer("deploy-2"))
        }
    }

    @Test func aPluginThatFailsSaysWhy() async throws {
        let found = try access("{exec: {command: sh, args: [-c, \"echo no ticket >&2; exit 1\"]}}")
        let error = await #expect(throws: KubernetesError.self) {
            try await ClusterCredentials(found.credential).authentication()
        }
        #expect(error?.code == .credentials)
        #expect(error?.message.contains("no ticket") == true)
    }
}

@Suite struct LineSplitterTests {
    @Test func linesCutAnywhere() throws {
        let bytes = Array("one\ntwo\n\nthree\n".utf8)
        for size in 1...bytes.count {
            var splitter = LineSplitter()
            var lines: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                lines += try splitter.feed(piece).map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(lines == ["one", "two", "three"])
        }
    }
}
