import PipelineLanguage
import Runtime
import Worker

/// A kind of place that images are rolled out to, such as a Kubernetes cluster or a Docker host.
///
/// A deployer has one of each kind in `RolloutTargets` for every cluster or host it serves. What it does with one:
///
/// 1. ``init(_:)`` once, at the start. It reads settings and files and makes no request: a place that is away now must
///    not keep the deployer from serving another.
/// 2. ``recover()`` once, before the first job: an earlier life of the same worker may have been killed at any point.
/// 3. For each step ``accept(_:_:)``, until one of the targets takes it.
/// 4. The ``Rollout`` it gives is run to its end by ``Rollout/run(rolledBack:)``.
///
/// Several rollouts run at the same time, of one workload too: an older one that is stuck does not hold up a newer one.
///
/// ## Fencing
///
/// Each rollout of a workload has a sequence that grows. The target keeps the newest on what it changes, or beside it,
/// in the same request as the change or before it, and compares when it writes: an older rollout that was delayed, or
/// whose worker is cut off from the platform, finds the newer sequence and is refused. Nothing in this process fences;
/// another deployer may serve the same place.
protocol RolloutTarget: Sendable {
    /// What a deploy block says that this target takes, for people, such as `a workload (deployment/web)`.
    static var takes: String { get }

    /// Its own settings, beside those of `DeployerSettings`.
    static var settings: [any AnySetting] { get }

    /// What the address of an entry `name=address` of `SLIPWAY_CLUSTERS` is, for people, such as `a cluster's kubeconfig`,
    /// or that a name alone will do.
    static var address: String { get }

    /// The one of ``settings`` with the address of the default place, where one is needed. Where it is set, the default place
    /// is served beside those of `SLIPWAY_CLUSTERS`.
    static var defaultAddress: Runtime.Setting<String>? { get }

    /// - Throws: `SettingsError` with the setting that is wrong.
    init(_ place: RolloutPlace) throws

    /// Where a workload is looked for whose step names no namespace; the platform tells workloads apart by it.
    var namespace: String? { get }

    /// What tells this place from all others whatever name it goes by, so that two names of one cluster share their
    /// sequences; `nil` where that is not known now.
    func identity() async -> String?

    /// Puts in order what rollouts of an earlier life of this worker left half done, whether they come again or not.
    /// Does nothing where a rollout goes on in the target by itself. Never throws; what cannot be done is logged.
    func recover() async

    /// Takes the step, or leaves it to another target. It may read, from a registry as well, and changes nothing.
    /// - Returns: `nil` where the deploy block is not for this kind of target.
    /// - Throws: `JobFailure` where it is, and cannot be rolled out.
    func accept(_ deploy: Deploy, _ step: StepRun) async throws -> (any Rollout)?
}

extension RolloutTarget {
    static var settings: [any AnySetting] { [] }
    static var defaultAddress: Runtime.Setting<String>? { nil }
    var namespace: String? { nil }
    func identity() async -> String? { nil }
    func recover() async {}
}
