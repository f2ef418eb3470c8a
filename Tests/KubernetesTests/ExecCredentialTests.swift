import FoundationEssentials
import Glibc
import HTTPClient
import SystemPackage
import TestSupport
import Testing

@testable import Kubernetes

/// Plugins of a kubeconfig, run as real programs.
@Suite(.timeLimit(.minutes(2))) struct ExecCredentialTests {
    private func plugin(_ script: String) -> Kubeconfig.Exec {
        Kubeconfig.Exec(command: "sh", args: ["-c", script])
    }

    private static let answer = #"echo '{"status":{"token":"t0ken"}}'"#

    @Test func itsAnswerIsTheToken() async throws {
        let credentials = ClusterCredentials(.exec(plugin(Self.answer), directory: "/"))
        #expect(try await credentials.authentication() == .bearer("t0ken"))
    }

    @Test(arguments: [
        ("exit 3", "failed, exited(3)"), ("echo sign in first >&2; exit 1", "sign in first"),
        ("echo no JSON", "gave no credentials"), (#"echo '{"status":{}}'"#, "neither a token nor a certificate"),
        ("head -c 2000000 /dev/zero", "the plugin sh wrote more than 1 MiB"),
        ("yes; wait", "the plugin sh wrote more than 1 MiB"), ("yes >&2", "the plugin sh wrote more than 1 MiB"),
        ("kill -9 $$", "failed, "),
    ])
    func whatIsNoAnswerIsNamed(script: String, words: String) async throws {
        let credentials = ClusterCredentials(.exec(plugin(script), directory: "/"))
        let error = await #expect(throws: KubernetesError.self) { try await credentials.authentication() }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.code == .credentials)
    }

    /// Else it would fill the memory until its time is over.
    @Test func oneThatWritesWithoutEndIsHeldUpAndEnded() async throws {
        let credentials = ClusterCredentials(.exec(plugin("trap '' PIPE; yes & yes; wait"), directory: "/"))
        let error = await #expect(throws: KubernetesError.self) { try await credentials.authentication() }
        #expect(error?.message == "the plugin sh wrote more than 1 MiB")
    }

    @Test func whatItWritesIsReadWholeUpToTheLimit() async throws {
        let long = #"printf '{"status":{"token":"'; head -c 1000000 /dev/zero | tr '\0' a; printf '"}}'; "#
        let loud = "head -c 1000000 /dev/zero >&2; echo said > /dev/stderr"
        let credentials = ClusterCredentials(.exec(plugin(long + loud), directory: "/"))
        #expect(try await credentials.authentication() == .bearer(String(repeating: "a", count: 1_000_000)))
    }

    @Test func oneThatNeverAnswersEndsAtItsLimitWithAllItStarted() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("pid").string
            let hanging = plugin("sleep 1000 & echo $! > '\(file)'; wait")
            let credentials = ClusterCredentials(.exec(hanging, directory: "/"), limit: .milliseconds(500))
            let error = await #expect(throws: KubernetesError.self) { try await credentials.authentication() }
            #expect(error?.message.contains("gave no credentials within") == true)
            try await expectGone(file)
        }
    }

    @Test("a child in a session of its own that holds the output open holds up neither an answer nor the limit")
    func outputHeldOpen() async throws {
        try await withTemporaryDirectory { directory in
            // Its session is its own from the line that writes the file on, which the limit may come before.
            func child(_ file: String) -> String {
                "setsid sh -c 'echo $$ > \(file); exec sleep 1000' & while ! test -s '\(file)'; do sleep 0.05; done"
            }
            func endChild(_ file: String) throws {
                guard FileManager.default.fileExists(atPath: file) else { return }
                let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
                if let process = pid_t(text.filter { !$0.isWhitespace }) { kill(process, SIGKILL) }
            }
            let (first, second) = (directory.appending("first").string, directory.appending("second").string)
            let answering = ClusterCredentials(.exec(plugin("\(child(first)); \(Self.answer)"), directory: "/"))
            let token = try await within(.seconds(20), "the answer") { try await answering.authentication() }
            #expect(token == .bearer("t0ken"))
            try endChild(first)
            let hanging = ClusterCredentials(
                .exec(plugin("\(child(second)); wait"), directory: "/"), limit: .seconds(2))
            let error = await #expect(throws: KubernetesError.self) {
                try await within(.seconds(20), "the limit") { try await hanging.authentication() }
            }
            #expect(error?.message.contains("gave no credentials within") == true)
            try endChild(second)
        }
    }

    @Test func oneThatIsNotWaitedForAnyMoreEndsWithThoseWhoAsked() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("pid").string
            let hanging = plugin("sleep 1000 & echo $! > '\(file)'; wait")
            let credentials = ClusterCredentials(.exec(hanging, directory: "/"))
            let first = Task { try await credentials.authentication() }
            let second = Task { try await credentials.authentication() }
            try await eventually("the plugin's child") { FileManager.default.fileExists(atPath: file) }
            first.cancel()
            await #expect(throws: KubernetesError.self) { try await first.value }
            second.cancel()
            await #expect(throws: KubernetesError.self) { try await second.value }
            try await expectGone(file)
        }
    }

    @Test func oneThatIsCancelledDoesNotEndItForOthers() async throws {
        try await withTemporaryDirectory { directory in
            let gate = directory.appending("gate").string
            let begun = directory.appending("begun").string
            let slow = plugin("touch '\(begun)'; while ! test -e '\(gate)'; do sleep 0.05; done; \(Self.answer)")
            let credentials = ClusterCredentials(.exec(slow, directory: "/"))
            let first = Task { try await credentials.authentication() }
            try await eventually("the plugin") { FileManager.default.fileExists(atPath: begun) }
            let second = Task { try await credentials.authentication() }
            try await eventually("both to wait") { await credentials.waiting == 2 }
            first.cancel()
            await #expect(throws: KubernetesError.self) { try await first.value }
            try Data().write(to: URL(filePath: gate))
            #expect(try await second.value == .bearer("t0ken"))
        }
    }

    private func expectGone(_ file: String) async throws {
        let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
        let process = String(text.filter { !$0.isWhitespace })
        try await eventually("the end of the plugin's child") {
            // A zombie's command line is empty; so is that of one that is gone.
            let path = "/proc/\(process)/cmdline"
            guard FileManager.default.fileExists(atPath: path) else { return true }
            return try String(contentsOf: URL(filePath: path), encoding: .utf8).isEmpty
        }
    }
}
