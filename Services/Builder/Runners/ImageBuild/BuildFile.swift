import Glibc
import SystemPackage
import Threading

/// The Dockerfile of a build: a path in the build context, and relative to it.
struct BuildFile {
    let dockerfile: String
    /// Relative to the workspace, as it is written.
    let context: String

    /// The name it has where none is given: that of Docker's own client, which takes small letters as well.
    static func standard(in folder: OpenFolder) -> String {
        !folder.has("Dockerfile") && folder.has("dockerfile") ? "dockerfile" : "Dockerfile"
    }

    /// Why it cannot be used, with what to write in its place; `nil` if it is there.
    /// - Parameter folder: The context.
    func problem(in folder: OpenFolder) -> String? {
        let place = context == "." ? "the build context, which is the workspace" : "the build context “\(context)”"
        let path = FilePath(dockerfile).lexicallyNormalized()
        guard !path.isAbsolute, path.components.first?.kind != .parentDirectory else {
            return "the Dockerfile “\(dockerfile)” is outside of \(place): it is part of what is built. "
                + (outside.map { "Write “context: .” with “dockerfile: \($0)”" } ?? "Move it into the context")
        }
        guard !folder.has(path.string) else { return nil }
        let missing = "there is no “\(dockerfile)” in \(place); the path of a Dockerfile is relative to the context"
        var inner = path
        guard inner.removePrefix(FilePath(context).lexicallyNormalized()), folder.has(inner.string)
        else {
            return missing
        }
        return "\(missing): write “dockerfile: \(inner)”"
    }

    /// Where it is in the workspace; `nil` if it is outside of that too.
    private var outside: String? {
        guard !dockerfile.hasPrefix("/") else { return nil }
        let path = FilePath(context).appending(dockerfile).lexicallyNormalized()
        return path.components.first?.kind == .parentDirectory ? nil : path.string
    }
}

/// The emulators the kernel of this machine runs programs of other architectures with.
enum Emulators {
    /// - Parameter architecture: In Go's words.
    static func have(_ architecture: String) -> Bool {
        let names = ["amd64": "x86_64", "arm64": "aarch64", "386": "i386"]
        return access("/proc/sys/fs/binfmt_misc/qemu-\(names[architecture] ?? architecture)", F_OK) == 0
    }
}
