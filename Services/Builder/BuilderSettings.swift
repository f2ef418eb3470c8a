import Containers
import Contracts
import Runtime

/// The builder's own settings.
enum BuilderSettings {
    static let labels = Setting<[String]>(
        "labels", "the labels of the jobs it takes: the values of a stage's node have to be the same",
        example: "linux,large",
        default: ["default"]
    ) { text in
        let labels = text.split(separator: ",").map { entry in
            entry.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let isLabel = labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_=.".contains($0)) }
        }
        guard isLabel, !labels.isEmpty else { throw SettingProblem(expected: "words such as linux,large") }
        return labels
    }
    static let pool = PoolSetting.pool
    static let capacity = Setting<Int>.integer(
        "capacity", "how many jobs at a time", example: "4", default: 1, in: 1...256)
    static let runners = Setting<[Runner]>(
        "runners",
        "how steps may run: docker, process or both; processes are steps without an image, which are programs of this "
            + "machine",
        example: "docker,process", default: [.docker]
    ) { text in
        let words = text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        let runners = words.compactMap(Runner.init)
        guard runners.count == words.count, !runners.isEmpty else {
            throw SettingProblem(expected: "docker, process or docker,process")
        }
        return runners
    }
    static let processUsers = Setting<ClosedRange<UInt32>>(
        "process.users",
        "the users that steps which are processes run as, one for each job at a time, of numbers that neither the machine "
            + "nor an image has; builders of one machine may share them. Only a builder that is root can have them, and "
            + "without them steps run as the builder's own user",
        example: "20000-20015"
    ) { text in
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first > 0, first <= last, last < .max,
            last - first < 10_000
        else { throw SettingProblem(expected: "two numbers of users such as 20000-20015, without root") }
        return first...last
    }
    static let processDocker = Setting<Bool>.flag(
        "process.docker",
        "whether steps that are processes get the engine's socket, which makes them root on its machine",
        default: false)
    static let dockerSocket = Setting<String>.text(
        "docker.socket", "the Docker Engine that runs containers and builds images", example: "/var/run/docker.sock",
        default: "/var/run/docker.sock")
    static let dockerData = Setting<String>.text(
        "docker.data",
        "the builder's data folder as the engine's host sees it, where that is another path; found out "
            + "by itself where the builder is a container of that engine",
        example: "/srv/slipway/builder")
    static let firewall = Setting<String>.text(
        "docker.firewall",
        "the file that “builder firewall --keep true --mark …” writes on the engine's machine: readiness remarks where "
            + "nobody does",
        example: "/run/slipway/firewall")
    static let trusted = Setting<Bool>.flag(
        "docker.trusted", "whether steps may be privileged and use the host's folders, devices and network",
        default: false)
    static let memory = Setting<Int>.integer(
        "docker.memory",
        "the most memory of a step, in MiB, of which it may ask for less; 0 is without limit, and seven eighths of the "
            + "machine's where it is not set",
        example: "4096", in: 0...(1 << 30))
    static let cpus = Setting<Int>.integer(
        "docker.cpus", "how many CPUs a step may use; 0 is without limit", example: "4", default: 0, in: 0...4096)
    static let processes = Setting<Int>.integer(
        "docker.processes", "how many processes and threads a step may have", example: "4096", default: 4096,
        in: 16...(1 << 22))
    static let dropped = Setting<[String]>.list(
        "docker.capabilities.dropped",
        "which of Docker's capabilities steps do not have: ALL of them, or NONE to take none away", example: "ALL",
        default: ContainerLimits.unneeded)
    static let sudo = Setting<Bool>.flag(
        "docker.sudo", "whether programs in steps' containers may gain rights, as sudo and su do", default: false)
    static let jobDisk = Setting<Int>.integer(
        "job.disk",
        "how much disk a job may use for its workspace, its volumes and what its containers write, in MiB; 0 is without "
            + "limit, and half of the disk where it is not set", example: "20480", in: 0...(1 << 30))
    static let localImages = Setting<[String]>.list(
        "docker.local.images",
        "images that steps and builds may take from the engine though no registry has them: names in which * stands for "
            + "anything", example: "tools/*,base:1", default: [])
    static let buildProxies = Setting<[String]>(
        "docker.build.proxies", "the proxies of the commands of image builds, as build arguments",
        example: "HTTP_PROXY=http://proxy:3128,NO_PROXY=.example", default: []
    ) { text in
        let pairs = text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
        let arePairs = pairs.allSatisfy { $0.contains("=") && ImageRules.isProxy(String($0.prefix { $0 != "=" })) }
        guard arePairs else { throw SettingProblem(expected: "a list such as HTTP_PROXY=http://proxy:3128") }
        return pairs
    }
    static let sourceCacheLimit = Setting<Int>.integer(
        "source.cache.limit",
        "how much of what jobs fetched is kept for the next jobs of the same repositories, in MiB; the repositories "
            + "unused longest make room; 0 keeps nothing", example: "20480", default: 4096, in: 0...(1 << 30))
    static let imageLimit = Setting<Int>.integer(
        "docker.images.limit",
        "how much the engine's images may take together, in MiB; above it go those that this builder pulled or built and "
            + "no job uses, the longest unused first; 0 for no limit", example: "102400", default: 51_200,
        in: 0...(1 << 30))
    static let name = Setting<String>.text(
        "worker.name", "the name of this builder, unique among all; made once and kept in the data folder if not set",
        example: "builder-1")

    static func proxies(_ pairs: [String]) -> [String: String] {
        var proxies: [String: String] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            proxies[String(parts[0])] = String(parts[1])
        }
        return proxies
    }

    /// Which jobs it takes.
    static func scope(_ settings: Settings) throws(SettingsError) -> WorkerScope {
        WorkerScope(pool: try settings.value(pool), labels: try settings.value(labels))
    }

    static let all: [any AnySetting] =
        [
            CommonSettings.data, CommonSettings.diskFloor, CommonSettings.sealKeys, CommonSettings.certificateAuthority,
            pool, labels, capacity,
            runners, processUsers, processDocker, dockerSocket, dockerData, trusted, memory, cpus, processes, dropped,
            sudo, firewall, localImages, buildProxies,
        ] + RegistrySettings.all + [jobDisk, sourceCacheLimit, imageLimit, name, CommonSettings.logBrokerURL]
}

/// How a step can run.
enum Runner: String, Sendable, Hashable, CustomStringConvertible {
    case docker, process

    var description: String { rawValue }
}
