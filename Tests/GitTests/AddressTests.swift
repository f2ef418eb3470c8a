import Contracts
import Testing

@testable import Git

@Suite("Addresses, refs and diagnoses")
struct AddressTests {
    @Test(
        "addresses that are fetched from",
        arguments: [
            "https://git.example/shop/web.git", "http://127.0.0.1:3000/a/b", "ssh://git@git.example:2222/shop/web",
            "git@git.example:shop/web.git",
        ])
    func good(_ address: String) throws {
        _ = try RemoteAddress(address)
    }

    @Test(
        "addresses that are not",
        arguments: [
            "", "-oProxyCommand=x", "--upload-pack=x", "ext::sh -c x", "ext::sh", "fd::3", "ftp://a/b", "git://a/b",
            "https://user:pw@git.example/a", "https://token@git.example/a", "ssh://u:pw@git.example/a",
            "https://git.example/a.git?private_token=x", "http://git.example/a#x",
            "ssh://-oProxyCommand=x/a", "git@-oProxyCommand=x:a", "https:///a", "a b", "relative/path", "host:path",
            "https://git.example/\u{0}", "https://git.example/a\nb", "/etc", "file:///etc", "FILE:///etc",
        ])
    func bad(_ address: String) {
        #expect(throws: GitError.self) { try RemoteAddress(address) }
    }

    @Test("local repositories where they are allowed", arguments: ["/srv/git/a.git", "file:///srv/git/a.git"])
    func local(_ address: String) throws {
        #expect(try RemoteAddress(address, allowsFile: true).kind == .file)
    }

    @Test(
        "git's words are understood",
        arguments: [
            ("fatal: couldn't find remote ref refs/heads/x", .refNotFound),
            ("error: Server does not allow request for unadvertised object 1111", .refNotFound),
            ("fatal: remote error: upload-pack: not our ref 1111", .refNotFound),
            ("fatal: Authentication failed for 'https://git.example/a/'", .authentication),
            ("fatal: could not read Username for 'https://git.example': terminal prompts disabled", .authentication),
            ("fatal: unable to access 'https://x/': The requested URL returned error: 403", .authentication),
            ("git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.", .authentication),
            ("No ED25519 host key is known.\nHost key verification failed.\nfatal: Could not read", .untrusted),
            ("fatal: repository 'https://git.example/a/' not found", .repositoryNotFound),
            ("fatal: unable to access 'https://x/': Could not resolve host: x", .unreachable),
            ("fatal: unable to access 'http://x/': The requested URL returned error: 502", .unreachable),
            ("fatal: unable to access 'http://x/': Failed to connect to x port 80", .unreachable),
            ("fatal: early EOF\nfatal: index-pack failed", .unreachable),
            ("fatal: unable to access 'https://x/': The requested URL returned error: 429", .rateLimited),
            (
                "remote: You have exceeded a secondary rate limit.\nfatal: unable to access 'https://x/': The requested URL "
                    + "returned error: 403", .rateLimited
            ),
            ("fatal: unable to access 'https://x/': The requested URL returned error: 302", .redirected),
            (
                "fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer certificate",
                .untrusted
            ),
            (
                "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none",
                .untrusted
            ),
            (
                "fatal: https://x/info/refs not valid: could not determine hash algorithm; is this a git repository?",
                .notGit
            ),
            ("fatal: mismatched algorithms: client sha1; server sha256", .objectFormat),
            ("fatal: Server does not support this repository's object format", .objectFormat),
            ("fatal: transport 'ext' not allowed", .invalid),
            (
                "error: object 1: gitmodulesUrl: disallowed submodule url\nfatal: fsck error in packed object",
                .unsafeObjects
            ),
            ("fatal: write error: No space left on device\nfatal: index-pack failed", .noSpace),
            // Neither a server nor a name is believed.
            ("remote: fatal: write error: No space left on device\nfatal: early EOF", .unreachable),
            ("error: unable to create file a: No space left on device: File name too long", .failed),
            ("fatal: something new", .failed),
        ] as [(String, GitError.Code)])
    func diagnosis(_ words: String, _ code: GitError.Code) {
        let error = GitError.diagnose(words, doing: "fetching")
        #expect(error.code == code)
        #expect(error.cause?.isEmpty == false)
    }
}
