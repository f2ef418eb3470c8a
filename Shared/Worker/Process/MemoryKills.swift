public import SystemPackage

/// How many processes of a control group the kernel has killed because memory ran out: a shell reports those it waits
/// for, and of none in the middle of a pipe.
public struct MemoryKills: Sendable {
    private let file: FilePath?

    /// - Parameter file: Where the kernel counts, in a line `oom_kill <number>`; `nil` where it does not.
    public init(file: FilePath?) {
        self.file = file
    }

    /// Of this process's own group, which is that of the processes it starts.
    public static func ofThisProcess() -> MemoryKills {
        do {
            let groups = String(decoding: try BoundedFile.read("/proc/self/cgroup", limit: 64 * 1024), as: UTF8.self)
            return MemoryKills(file: candidates(groups).first { MemoryKills(file: $0).count() != nil })
        } catch {
            return MemoryKills(file: nil)
        }
    }

    /// Where the kernel may count: lines such as `0::/user.slice` or, of the first version, `4:memory:/docker/0f3a`.
    /// In a container the group is often at the root of what is mounted.
    static func candidates(_ groups: String) -> [FilePath] {
        var files: [FilePath] = []
        for line in groups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let root: FilePath
            let name: FilePath.Component
            if fields[1].split(separator: ",").contains("memory") {
                (root, name) = ("/sys/fs/cgroup/memory", "memory.oom_control")
            } else if fields[0] == "0" {
                (root, name) = ("/sys/fs/cgroup", "memory.events")
            } else {
                continue
            }
            let path = FilePath(String(fields[2].drop { $0 == "/" }))
            files += [root.pushing(path).appending(name), root.appending(name)]
        }
        return files
    }

    /// The number now, or `nil` where the kernel does not tell.
    func count() -> Int? {
        guard let file else { return nil }
        do {
            let text = String(decoding: try BoundedFile.read(file, limit: 4096), as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
            return line.flatMap { Int($0.dropFirst("oom_kill ".count)) }
        } catch {
            return nil
        }
    }
}
