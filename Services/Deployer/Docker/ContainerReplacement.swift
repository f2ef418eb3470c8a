import Contracts
import DockerEngine
import HTTPClient
import Logging
import PipelineLanguage
import Worker

/// Replaces the container of a service on a single Docker host by one of another image.
///
/// The old one is gone only when the new one is well; until then it can come back. Doing it again after any
/// interruption ends in the same state.
struct ContainerReplacement: Sendable {
    struct Result: Sendable, Equatable {
        /// The new container's id, short.
        var revision: String
        var isFirst: Bool
    }

    let engine: DockerEngine
    let http: HTTPClient
    let service: String
    let image: ImageReference
    let specification: ContainerSpecification
    let health: Probe?
    let login: RegistryCredentials?
    let job: JobID
    let sequence: Int64?
    let labels: [String: String]
    let log: any StepLog
    let logger: Logger

    static let serviceLabel = "slipway.dev/service"
    static let sequenceLabel = "slipway.dev/sequence"
    static let jobLabel = "slipway.dev/rollout"

    /// How long the old one has between SIGTERM and SIGKILL.
    private static let grace = Duration.seconds(10)

    /// - Throws: ``JobFailure`` for people, or `CancellationError`; the old container is there then.
    func run() async throws -> Result {
        do {
            return try await replace()
        } catch let error as DockerError {
            if Task.isCancelled { throw CancellationError() }
            throw JobFailure("\(error)")
        }
    }

    private func replace() async throws -> Result {
        let wanted = Set(specification.ports.compactMap { port in port.host.map { "\($0)/\(port.transport)" } })
        let plan = ReplacementPlan(
            service: service, job: job.rawValue, sequence: sequence, ports: wanted, found: try await look())
        if case .refuse(let reason) = plan.course { throw JobFailure(reason) }
        if case .settled = plan.course {} else { try await pull() }
        for step in plan.repairs { try await perform(step) }
        switch plan.course {
        case .refuse(let reason): throw JobFailure(reason)
        case .settled(let id):
            await log.line("container \(service) runs this image already")
            try await check(id)
            return Result(revision: String(id.prefix(12)), isFirst: false)
        case .sideBySide(let old): return try await sideBySide(old)
        case .inPlace(let old): return try await inPlace(old)
        }
    }

    // MARK: - The two ways

    private func sideBySide(_ old: String?) async throws -> Result {
        let new = try await start(as: ReplacementPlan.nextName(service))
        do {
            try await check(new)
        } catch {
            await discard(new)
            throw error
        }
        if let old { try await engine.renameContainer(old, to: ReplacementPlan.previousName(service)) }
        try await engine.renameContainer(new, to: service)
        if let old {
            try await engine.stopContainer(old, grace: Self.grace)
            try await engine.removeContainer(old)
        }
        await log.line("container \(service) is now \(new.prefix(12))")
        return Result(revision: String(new.prefix(12)), isFirst: old == nil)
    }

    private func inPlace(_ old: String) async throws -> Result {
        await log.line("both want the same port of the host: the old container stops before the new one starts")
        try await engine.stopContainer(old, grace: Self.grace)
        try await engine.renameContainer(old, to: ReplacementPlan.previousName(service))
        do {
            let new = try await start(as: service)
            do {
                try await check(new)
            } catch {
                await discard(new)
                throw error
            }
            try await engine.removeContainer(old)
            await log.line("container \(service) is now \(new.prefix(12))")
            return Result(revision: String(new.prefix(12)), isFirst: false)
        } catch {
            await bringBack(old)
            throw error
        }
    }

    // MARK: - Pieces

    private func look() async throws -> [ReplacementPlan.Found] {
        var found: [ReplacementPlan.Found] = []
        for name in [service, ReplacementPlan.nextName(service), ReplacementPlan.previousName(service)] {
            // The engine also finds by the beginning of an id.
            guard let container = try await inspect(name), container.name == name else { continue }
            let ports = container.ports.flatMap { port, bindings in
                let transport = port.split(separator: "/").last.map(String.init) ?? "tcp"
                return bindings.compactMap { binding in binding.port.map { "\($0)/\(transport)" } }
            }
            found.append(
                .init(
                    id: container.id, name: container.name,
                    sequence: container.labels[Self.sequenceLabel].flatMap { Int64($0) },
                    job: container.labels[Self.jobLabel], isRunning: container.state.isRunning, hostPorts: Set(ports)))
        }
        return found
    }

    private func inspect(_ name: String) async throws -> ContainerDetails? {
        do {
            return try await engine.inspectContainer(name)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    private func perform(_ step: ReplacementPlan.Step) async throws {
        switch step {
        case .remove(let id): try await engine.removeContainer(id)
        case .rename(let id, let name): try await engine.renameContainer(id, to: name)
        case .start(let id): try await engine.startContainer(id)
        case .stop(let id): try await engine.stopContainer(id, grace: Self.grace)
        }
    }

    private func pull() async throws {
        await log.line("pulling \(image)")
        do {
            try await engine.pull(image, login: login)
        } catch let error as DockerError {
            // An image that was built on this very host need not be in any registry.
            do {
                _ = try await engine.inspectImage(image.description)
            } catch {
                logger.debug("the image is not here either", metadata: ["error": "\(error)"])
                throw JobFailure("the image \(image) cannot be pulled: \(error)")
            }
            await log.line("it cannot be pulled (\(error)); the host has it, so that is used")
        }
    }

    private func start(as name: String) async throws -> String {
        var specification = specification
        specification.labels = labels
        specification.labels[Self.serviceLabel] = service
        specification.labels[Self.jobLabel] = job.rawValue
        if let sequence { specification.labels[Self.sequenceLabel] = "\(sequence)" }
        // In a network of one's own, others know it by the service's name.
        if specification.network != nil { specification.aliases = [service] }
        let id = try await engine.createContainer(specification, name: name)
        do {
            try await engine.startContainer(id)
        } catch {
            try await engine.removeContainer(id)
            throw error
        }
        await log.line("container \(id.prefix(12)) of \(image) started")
        return id
    }

    private func check(_ id: String) async throws {
        try await ContainerHealth(engine: engine, http: http, id: id, probe: health, log: log).wait()
    }

    /// Shows what a container that is not well wrote, and removes it. Runs to its end in a cancelled task too.
    private func discard(_ id: String) async {
        await Task {
            do {
                var splitter = ""
                for try await piece in try await engine.log(of: id, follow: false, tail: 40) {
                    splitter += String(decoding: piece.bytes, as: UTF8.self)
                }
                if !splitter.isEmpty {
                    await log.line("the last the new container wrote:")
                    for line in splitter.split(separator: "\n").suffix(40) { await log.line("  \(line)") }
                }
            } catch {
                logger.debug("the log of the new container cannot be read", metadata: ["error": "\(error)"])
            }
            do {
                try await engine.removeContainer(id)
                await log.line("the new container is removed")
            } catch {
                await log.line("the new container \(id.prefix(12)) cannot be removed: \(error)")
            }
        }.value
    }

    private func bringBack(_ old: String) async {
        await Task {
            do {
                try await engine.renameContainer(old, to: service)
                try await engine.startContainer(old)
                await log.line("the old container runs again")
            } catch {
                await log.line("the old container \(old.prefix(12)) cannot be brought back: \(error)")
            }
        }.value
    }
}
