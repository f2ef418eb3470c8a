import DockerEngine
import Glibc
import Logging
import SystemPackage
import Worker

/// How much disk a job may use.
struct DiskLimit: Sendable {
    /// In bytes.
    var bytes: Int64
    /// How often it is measured; less often where measuring takes long.
    var interval = Duration.seconds(5)

    /// Half of the disk that holds a folder; `nil` where the machine does not tell.
    init?(halfOfDiskOf folder: FilePath) {
        var status = statvfs()
        guard folder.withPlatformString({ statvfs($0, &status) }) == 0 else { return nil }
        bytes = Int64(status.f_blocks) * Int64(status.f_frsize) / 2
    }

    init(bytes: Int64) {
        self.bytes = bytes
    }
}

/// Measures the disk that a job uses while it runs: its folder, with its temporary volumes, and what its containers wrote
/// beside that.
struct DiskWatch: Sendable {
    let limit: DiskLimit
    let folder: JobFolder
    /// `nil` where this builder has no Docker Engine.
    let containers: JobContainers?
    let logger: Logger

    /// Returns as soon as the job uses more than it may, or when the task is cancelled.
    /// - Returns: what the job is told; `nil` after a cancellation.
    func exceeded() async -> String? {
        var pause = limit.interval
        while true {
            do {
                try await Task.sleep(for: pause)
            } catch {
                return nil
            }
            let begin = ContinuousClock.now
            let usage = await TreeUsage.of(folder.path)
            let layers = await layers()
            if Task.isCancelled { return nil }
            if usage.isTooDeep {
                return "the job has made folders more than \(TreeUsage.depth) deep, whose disk space cannot be measured"
            }
            if usage.bytes + layers > limit.bytes {
                return
                    "the job uses \(Self.text(usage.bytes + layers)) of disk: \(Self.text(usage.bytes)) in its folder and "
                    + "\(Self.text(layers)) in its containers; this builder allows \(Self.text(limit.bytes)) "
                    + "(SLIPWAY_JOB_DISK)"
            }
            // One part in twenty of the time.
            pause = max(limit.interval, begin.duration(to: .now) * 20)
        }
    }

    private func layers() async -> Int64 {
        guard let containers, await containers.isUsed else { return 0 }
        do {
            return try await containers.host.engine().written(
                labelled: containers.labels, network: containers.prefix)
        } catch {
            // The next time shows it.
            logger.debug("the disk space of containers cannot be measured", metadata: ["error": "\(error)"])
            return 0
        }
    }

    private static func text(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
}
