import Glibc
import SystemPackage

/// Control groups of the kernel (version 2) below this process's own, one for each step: all in one of them ends at once,
/// whatever it did to be overlooked.
struct ControlGroups: Sendable {
    private let parent: FilePath

    init(below parent: FilePath) {
        self.parent = parent
    }

    /// Below the group of this process; `nil` where the kernel has none, or this user may make none.
    static func ofThisProcess() -> ControlGroups? {
        do {
            let groups = String(decoding: try BoundedFile.read("/proc/self/cgroup", limit: 64 * 1024), as: UTF8.self)
            let mounts = String(
                decoding: try BoundedFile.read("/proc/self/mountinfo", limit: 1 << 20), as: UTF8.self)
            guard let path = parent(groups: groups, mounts: mounts),
                path.withPlatformString({ access($0, W_OK) }) == 0
            else { return nil }
            return ControlGroups(below: path)
        } catch {
            return nil
        }
    }

    /// - Parameters:
    ///   - groups: lines such as `0::/system.slice/x`.
    ///   - mounts: lines such as `41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw`.
    static func parent(groups: String, mounts: String) -> FilePath? {
        guard let group = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })?.dropFirst(3) else {
            return nil
        }
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let mark = fields.firstIndex(of: "-"), mark + 1 < fields.count, fields[mark + 1] == "cgroup2",
                fields.count > 4
            else { continue }
            // In a container the group is often the root of what is mounted.
            var path = FilePath(String(group))
            if fields[3] != "/" { guard path.removePrefix(FilePath(String(fields[3]))) else { continue } }
            return FilePath(String(fields[4])).pushing(FilePath(root: nil, path.components)).lexicallyNormalized()
        }
        return nil
    }

    /// The group of what bears a mark, made if it is not there; `nil` where it cannot be made.
    func make(_ mark: ProcessMark) -> ControlGroup? {
        let path = parent.appending(Self.name(mark))
        guard path.withPlatformString({ mkdir($0, 0o755) }) == 0 || errno == EEXIST else { return nil }
        return ControlGroup(path: path)
    }

    /// Ends all in the groups of what bears a mark, or one that begins with it.
    func end(_ mark: ProcessMark) async {
        let name = Self.name(mark)
        for found in FileTree.names(in: parent) where found.hasPrefix(name) {
            await ControlGroup(path: parent.appending(found)).end()
        }
    }

    /// One name of a file, begun by that of a mark that this one begins with.
    private static func name(_ mark: ProcessMark) -> String {
        var name = "slipway+"
        for scalar in mark.text.unicodeScalars {
            switch scalar {
            case "/": name += "+"
            case "+": name += "%2B"
            case "%": name += "%25"
            case "\n": name += "%0A"
            default: name.unicodeScalars.append(scalar)
            }
        }
        return name
    }
}

/// A control group of processes, and all that they start.
struct ControlGroup: Sendable {
    let path: FilePath

    /// Puts a process into it.
    func add(_ process: pid_t) {
        write("\(process)", to: "cgroup.procs")
    }

    /// Kills all in it and removes it.
    func end() async {
        for round in 0..<100 {
            if remove(path) { return }
            // Kernels before 5.14 have no such file.
            if !write("1", to: "cgroup.kill") { killEach() }
            await ProcessSweep.sleep(.milliseconds(min(50, 1 << min(round, 6))))
        }
    }

    private func killEach() {
        do {
            let text = String(
                decoding: try BoundedFile.read(path.appending("cgroup.procs"), limit: 1 << 20), as: UTF8.self)
            for process in text.split(separator: "\n").compactMap({ pid_t($0) }) where process > 1 {
                kill(process, SIGKILL)
            }
        } catch {
            // It is gone.
        }
    }

    /// Removes a group that nothing runs in, and those it may have got within.
    private func remove(_ group: FilePath) -> Bool {
        if group.withPlatformString({ rmdir($0) }) == 0 || errno == ENOENT { return true }
        for name in FileTree.names(in: group) {
            let child = group.appending(name)
            var status = stat()
            guard child.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                continue
            }
            _ = remove(child)
        }
        return group.withPlatformString { rmdir($0) } == 0 || errno == ENOENT
    }

    @discardableResult
    private func write(_ text: String, to name: String) -> Bool {
        let file = path.appending(name).withPlatformString { open($0, O_WRONLY | O_CLOEXEC) }
        guard file >= 0 else { return false }
        defer { close(file) }
        return Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == text.utf8.count
    }
}

/// What a step's shell waits at until it is in its control group: nothing that it starts is outside of it then.
final class ProcessGate: Sendable {
    private let descriptor: Int32

    /// - Throws: `Errno`
    init(_ path: FilePath) throws(Errno) {
        guard path.withPlatformString({ mkfifo($0, 0o644) }) == 0 else { throw Errno(rawValue: errno) }
        // Also for reading, so that it is open before anybody reads.
        descriptor = path.withPlatformString { Glibc.open($0, O_RDWR | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    }

    deinit { close(descriptor) }

    func open() {
        _ = [UInt8(ascii: "\n")].withUnsafeBytes { write(descriptor, $0.baseAddress, 1) }
    }
}
