import Contracts
public import Runtime

/// The pool of a builder or a deployer.
public enum PoolSetting {
    public static let pool = Setting<String>(
        "pool",
        "the workers it is one of: a stage's node names a pool of builders, an environment one of deployers, and they have "
            + "logins of the broker of their own", example: "gpu", default: WorkerScope.usualPool
    ) { text in
        guard WorkerScope.isPool(text) else {
            throw SettingProblem(expected: "up to 100 letters, digits, “_”, “-” and “.”")
        }
        return text
    }
}
