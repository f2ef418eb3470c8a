import Storage

/// The tables as one read or one transaction sees them.
protocol Tables {
    var database: Database { get }
}

extension Tables {
    var accounts: AccountStore { AccountStore(database: database) }
    var attempts: AttemptStore { AttemptStore(database: database) }
    var audits: AuditStore { AuditStore(database: database) }
    var access: AccessStore { AccessStore(database: database) }
    var clock: ClockStore { ClockStore(database: database) }
    var clusters: ClusterStore { ClusterStore(database: database) }
    var components: ComponentStore { ComponentStore(database: database) }
    var deadLetters: DeadLetterStore { DeadLetterStore(database: database) }
    var discovered: DiscoveredRepositoryStore { DiscoveredRepositoryStore(database: database) }
    var environments: EnvironmentStore { EnvironmentStore(database: database) }
    var heads: HeadStore { HeadStore(database: database) }
    var identity: IdentityStore { IdentityStore(database: database) }
    var heardTime: HeardTimeStore { HeardTimeStore(database: database) }
    var jobs: JobStore { JobStore(database: database) }
    var logins: LoginStore { LoginStore(database: database) }
    var pools: PoolStore { PoolStore(database: database) }
    var repositories: RepositoryStore { RepositoryStore(database: database) }
    var removals: RemovalStore { RemovalStore(database: database) }
    var restores: RestoreStore { RestoreStore(database: database) }
    var retention: RetentionStore { RetentionStore(database: database) }
    var runs: RunStore { RunStore(database: database) }
    var seals: SealStore { SealStore(database: database) }
    var schedules: ScheduleStore { ScheduleStore(database: database) }
    var people: PersonStore { PersonStore(database: database) }
    var sessions: SessionStore { SessionStore(database: database) }
    var secrets: SecretStore { SecretStore(database: database) }
    var troubles: TroubleStore { TroubleStore(database: database) }
    var turns: TurnStore { TurnStore(database: database) }
    var workers: WorkerStore { WorkerStore(database: database) }
}

/// The database at one moment, to read from.
struct Snapshot: Tables {
    let database: Database
}
