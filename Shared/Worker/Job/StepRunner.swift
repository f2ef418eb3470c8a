public import PipelineLanguage

/// Runs the steps of one kind, such as those in containers.
///
/// A worker has one for each kind and each attempt of a job, made when the attempt begins; see ``StepRunners``.
///
/// 1. For each step, service and detached step, when its turn comes, ``accepts(_:)`` is asked of one runner after the other
///    until one takes it. It looks at nothing but the step, and answers the same each time: the `${…}` of the step are not
///    replaced yet, and what is missing on this machine is a failure of ``run(_:)``, with the remedy, not a refusal.
/// 2. ``workspace(of:in:)``, so that expressions can name the folder of the source.
/// 3. ``run(_:)`` once for each try. Tries of one step come one after the other. Different steps run at the same time, where
///    the stage lets them, and services and detached steps beside all others.
/// 4. ``cleanUp()`` when all steps have ended, also where the job failed before its first step, or was cancelled.
///
/// ## What a run is
///
/// It ends when nothing of the step runs any more, and nothing is written to ``StepRun/log`` after that. A step that fails is
/// a result, not an error: errors are for what kept it from running. A step that others need while it runs
/// (``StepRun/isBackground``) calls ``StepRun/ready`` as soon as it works; whoever waits for it waits until then, or until
/// its end.
///
/// ## Cancellation
///
/// The task of a run is cancelled when its time is over, nobody needs its service any more, a newer run takes its place,
/// somebody stops it, or the worker shuts down. It may come before anything was started. The run asks what it started to
/// end, with a grace, writes down what that still says, makes sure it is gone and returns: nothing else ends it, and the
/// job waits for it. Its result says ``StepResult/wasStopped`` then, whatever the exit code, and what stopped it decides how
/// the step ended; an error counts as the same. A result that was there before stands. What has to be awaited while stopping
/// is awaited in its own task, because in a cancelled one nothing can be.
///
/// ## What a crash leaves
///
/// A worker may be killed at any point, and the job is given to another with the next attempt, perhaps while what the first
/// one started still runs. So whatever outlives this process carries the job and the attempt in its name or mark and is
/// found by it, and nothing is named by the job alone. Cleaning up is idempotent: it happens after the job, at the next
/// start of the same worker, and now and then both; what is gone already is no error.
public protocol StepRunner: Sendable {
    /// Whether the step is of this kind.
    func accepts(_ step: Step) -> Bool

    /// The folder of the source as a step sees it; `nil` where it has none.
    func workspace(of step: Step, in stage: Stage) -> StepWorkspace?

    /// Runs one try of the step to its end.
    /// - Throws: ``JobFailure`` for a person; any other error is told as it is. The step has failed then.
    func run(_ step: StepRun) async throws -> StepResult

    /// Removes what the steps of this attempt left outside of the job's folder. Never throws; what cannot be removed is
    /// logged, and goes at the worker's next start.
    func cleanUp() async
}

extension StepRunner {
    /// The only runner of a worker takes all steps.
    public func accepts(_ step: Step) -> Bool { true }
    public func workspace(of step: Step, in stage: Stage) -> StepWorkspace? { nil }
    public func cleanUp() async {}
}
