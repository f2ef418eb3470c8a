import Contracts
import Glibc

/// The environment of a git command: nothing of ours gets in but what is named here, and nothing of the machine's or
/// the repository's configuration decides what is run.
struct GitEnvironment {
    let variables: [String: String]

    /// What Git needs of the surroundings: proxies, certificates, the ssh agent.
    private static let passed = [
        "PATH", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
        "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK", "TMPDIR",
    ]

    init(
        program: GitProgram, directory: String?, remote: RemoteAddress?, credential: GitCredential,
        extra: [(String, String)]
    ) {
        var variables: [String: String] = [
            "HOME": program.home, "XDG_CONFIG_HOME": program.home,
            // Its messages are read, so they have to be the ones of no language.
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "",
            // An address such as `ext::sh -c …` runs a command.
            "GIT_ALLOW_PROTOCOL": program.allowsFile ? "http:https:ssh:file" : "http:https:ssh",
            "GIT_SSH_COMMAND": program.ssh.command,
            "GIT_NO_REPLACE_OBJECTS": "1", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_ADVICE": "0",
        ]
        for name in Self.passed {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        if let certificates = program.certificates { variables["GIT_SSL_CAINFO"] = certificates }
        // A folder that is no repository (any more) must not be taken for a part of one around it.
        if let directory, let slash = directory.lastIndex(of: "/"), slash != directory.startIndex {
            variables["GIT_CEILING_DIRECTORIES"] = String(directory[..<slash])
        }
        var configuration = Self.configuration + extra
        let idleTimeout = "\(max(1, program.idleTimeout.components.seconds))"
        configuration += [("http.lowSpeedTime", idleTimeout), ("lfs.activitytimeout", idleTimeout)]
        // Where a path may be fetched from, the repository there may belong to another user.
        configuration.append(("safe.directory", program.allowsFile ? "*" : directory ?? ""))
        if let remote, remote.kind == .http, let header = credential.header {
            configuration.append(("http.\(remote.text).extraHeader", header))
            // Git would send the header on to wherever the server points.
            configuration.append(("http.followRedirects", "false"))
        }
        for (number, (key, value)) in configuration.enumerated() {
            variables["GIT_CONFIG_KEY_\(number)"] = key
            variables["GIT_CONFIG_VALUE_\(number)"] = value
        }
        variables["GIT_CONFIG_COUNT"] = "\(configuration.count)"
        self.variables = variables
    }

    private static let configuration: [(String, String)] = [
        ("core.hooksPath", "/dev/null"),
        ("core.fsmonitor", "false"),
        ("core.attributesFile", "/dev/null"),
        ("credential.helper", ""),
        ("submodule.recurse", "false"),
        ("fetch.recurseSubmodules", "false"),
        // Maintenance is ours to start: one that begins in the middle of a fetch holds a push up.
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("advice.detachedHead", "false"),
        ("init.defaultBranch", "main"),
        // In bytes a second: what keeps a connection alive is no more than that.
        ("http.lowSpeedLimit", "1"),
        ("transfer.fsckObjects", "true"),
        // What old tools wrote into honest histories; none of it can be used against us.
        ("fetch.fsck.badTimezone", "ignore"),
        ("fetch.fsck.missingSpaceBeforeDate", "ignore"),
        ("fetch.fsck.missingNameBeforeEmail", "ignore"),
        ("fetch.fsck.missingEmail", "ignore"),
        ("fetch.fsck.zeroPaddedFilemode", "ignore"),
        ("fetch.fsck.missingTaggerEntry", "ignore"),
        ("fetch.fsck.badTagName", "ignore"),
    ]
}
