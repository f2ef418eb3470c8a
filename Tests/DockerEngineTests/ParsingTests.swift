import Foundation
import Testing

@testable import DockerEngine

@Suite struct ParsingTests {
    @Test func objectsAreCutWhereverTheBytesAre() {
        let text = #"{"a":"}{\"\\"}"# + "\r\n" + #"{"b":{"c":[{}]}} {"d":1}"#
        let whole = [#"{"a":"}{\"\\"}"#, #"{"b":{"c":[{}]}}"#, #"{"d":1}"#]
        for size in 1...text.utf8.count {
            var splitter = JSONObjectSplitter()
            var rest = Array(text.utf8)[...]
            var objects: [String] = []
            while !rest.isEmpty {
                objects += splitter.take(rest.prefix(size)).map { String(decoding: $0, as: UTF8.self) }
                rest = rest.dropFirst(size)
            }
            #expect(objects == whole)
            #expect(!splitter.isInside)
        }
        var cut = JSONObjectSplitter()
        #expect(cut.take(#"{"a""#.utf8).isEmpty)
        #expect(cut.isInside)
    }

    /// An engine looks for the login of an image without a host by the address of Docker's own registry alone.
    @Test func loginsOfABuildAreWhereTheEngineLooks() throws {
        let login = RegistryCredentials(username: "ü", password: "?>~")
        let header = try RegistryCredentials.header(["docker.io": login, "registry.example:5000": login])
        let data = try #require(
            Data(base64Encoded: header.replacing("-", with: "+").replacing("_", with: "/")))
        let logins = try JSONDecoder().decode([String: [String: String]].self, from: data)
        #expect(Set(logins.keys) == ["https://index.docker.io/v1/", "registry.example:5000"])
        #expect(logins["registry.example:5000"]?["password"] == "?>~")
    }

    @Test func framesAreCutWhereverTheBytesAre() throws {
        let bytes: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 3, 65, 66, 67, 2, 0, 0, 0, 0, 0, 0, 1, 68, 1, 0, 0, 0, 0, 0, 0, 0]
        for size in 1...bytes.count {
            var demultiplexer = LogDemultiplexer()
            var rest = bytes[...]
            var output: [UInt8] = []
            var error: [UInt8] = []
            while !rest.isEmpty {
                for piece in try demultiplexer.take(Array(rest.prefix(size))) {
                    if piece.stream == .error { error += piece.bytes } else { output += piece.bytes }
                }
                rest = rest.dropFirst(size)
            }
            #expect(output == [65, 66, 67])
            #expect(error == [68])
            #expect(!demultiplexer.isInside)
        }
        #expect(throws: LogDemultiplexer.Failure.notAFrame) {
            var demultiplexer = LogDemultiplexer()
            _ = try demultiplexer.take(Array("hello world".utf8))
        }
    }

    @Test(
        arguments: [
            ("web", nil, "web", nil, nil), ("shop/web:1", nil, "shop/web", "1", nil),
            ("localhost/web", "localhost", "web", nil, nil),
            ("127.0.0.1:5000/shop/web:v1.2_x", "127.0.0.1:5000", "shop/web", "v1.2_x", nil),
            ("registry.example/web", "registry.example", "web", nil, nil),
        ] as [(String, String?, String, String?, String?)])
    func references(_ text: String, _ host: String?, _ path: String, _ tag: String?, _ digest: String?) throws {
        let image = try ImageReference(text)
        #expect(image == ImageReference(host: host, path: path, tag: tag, digest: digest))
        #expect("\(image)" == text)
    }

    @Test func referenceWithDigest() throws {
        let digest = "sha256:" + String(repeating: "0a", count: 32)
        let image = try ImageReference("r.example:5/a/b:t@\(digest)")
        #expect(image.digest == digest)
        #expect(image.tag == "t")
        #expect(image.registry == "r.example:5")
    }

    @Test(arguments: [
        "", "Web", "a//b", "/a", "a:", "a:-x", "a@sha256:12", "a b", "https://r/a", "r.example/A", "a:t:t",
    ])
    func brokenReferences(_ text: String) throws {
        #expect(throws: DockerError.self) { try ImageReference(text) }
    }

    @Test func challenges() {
        #expect(AuthenticationChallenge(#"Basic realm="x, y""#) == .basic)
        #expect(
            AuthenticationChallenge(#"Bearer realm="https://a/token",service="r",scope="repository:a/b:pull,push""#)
                == .bearer(realm: "https://a/token", service: "r", scope: "repository:a/b:pull,push"))
        #expect(
            AuthenticationChallenge("Bearer realm=https://a, x=y")
                == .bearer(realm: "https://a", service: nil, scope: nil))
        #expect(AuthenticationChallenge("Digest realm=x") == nil)
        #expect(AuthenticationChallenge("Bearer service=x") == nil)
    }

    @Test func loopback() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "127.1.2.3"] {
            #expect(RegistryClient.isLoopback(host))
        }
        for host in ["registry.example", "10.0.0.1:5000", "[fe80::1]:5", nil] {
            #expect(!RegistryClient.isLoopback(host))
        }
    }

    @Test func idsAreShort() {
        let (id, digest) = (
            String(repeating: "0123456789abcdef", count: 4), "sha256:" + String(repeating: "ab", count: 32)
        )
        let error = DockerError(.notFound, "container \(id): No such container: \(id), image \(digest), \(id)0")
        #expect(
            error.message
                == "container 0123456789ab: No such container: 0123456789ab, image \(digest), \(id)0")
        #expect(DockerError(.conflict, "container web: gr\u{FC}n").message == "container web: grün")
    }

    @Test func platforms() throws {
        let amd = try #require(EnginePlatform("linux/x86_64"))
        #expect(amd == EnginePlatform(system: "linux", architecture: "amd64"))
        let (arm, armV7) = (try #require(EnginePlatform("Linux/aarch64")), try #require(EnginePlatform("linux/arm/v7")))
        #expect("\(armV7)" == "linux/arm/v7")
        #expect(amd.runs(amd))
        #expect(amd.runs(try #require(EnginePlatform("linux/386"))))
        #expect(arm.runs(armV7))
        #expect(!amd.runs(arm))
        #expect(!arm.runs(amd))
        #expect(amd.runs(arm) { $0 == "arm64" })
        #expect(!amd.runs(try #require(EnginePlatform("windows/amd64"))) { _ in true })
        for text in ["", "linux", "linux/", "a/b/c/d"] { #expect(EnginePlatform(text) == nil) }
    }

    @Test(arguments: [
        ("received unexpected HTTP status: 500 Internal Server Error", true), ("toomanyrequests: slow down", true),
        ("dial tcp 127.0.0.1:5000: connect: connection refused", true), ("net/http: TLS handshake timeout", true),
        ("manifest invalid: manifest invalid", false), ("unsupported: the operation is unsupported", false),
    ])
    func whatPasses(_ words: String, _ isTransient: Bool) {
        #expect(DockerError(.transferFailed, "push of r/a:1: \(words)").isTransient == isTransient)
        #expect(!DockerError(.buildFailed, words).isTransient)
    }
}
