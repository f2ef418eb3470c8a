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

/// Measures the disk that a job uses while it runs: its folder, with its temporary volumes, what its processes left where
/// everybody may write, what its containers wrote to their layers and to volumes of their images, and the layers that its
/// builds made.
struct DiskWatch: Sendable {
    let limit: DiskLimit
    let folder: JobFolder
    let user: JobUser
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
            let outside = await user.outside()
            let layers = await layers()
            if Task.isCancelled { return nil }
            if usage.isTooDeep || outside?.isTooDeep == true {
                return "the job has made folders more than \(TreeUsage.depth) deep, whose disk space cannot be measured"
            }
            let own = usage.bytes + (outside?.bytes ?? 0)
            if own + layers > limit.bytes {
                return
                    "the job uses \(Self.text(own + layers)) of disk: \(Self.text(own)) in its folder and what its processes "
                    + "left elsewhere, \(Self.text(layers)) in its containers and images; this builder allows "
                    + "\(Self.text(limit.bytes)) (SLIPWAY_JOB_DISK)"
            }
            // One part in twenty of the time.
            pause = max(limit.interval, begin.duration(to: .now) * 20)
        }
    }

    private func layers() async -> Int64 {
        guard let containers, await containers.isUsed else { return 0 }
        do {
            return try await containers.written() + containers.images.layers.written(at: containers.host.engine())
        } catch {
            // The next time shows it.
            logger.debug("the disk space of containers cannot be measured", metadata: ["error": "\(error)"])
            return 0
        }
    }

    private static func text(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
}
