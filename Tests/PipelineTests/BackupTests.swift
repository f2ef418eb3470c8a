import Contracts
import FoundationEssentials
import Glibc
import Logging
import Messaging
import Secrets
import Storage
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// What a backup holds, and what becomes of it where it is put back.
@Suite struct BackupTests {
    private struct Place: Sendable {
        let platform: PlatformFixture
        let directory: String
        var archive: String { "\(directory)/backup.tar" }
        var data: String { "\(directory)/data" }
        var folder: RestoreFolder { RestoreFolder(data: data, file: "\(data)/pipeline.sqlite") }

        func backup(keys: KeptKeys? = nil, passphrase: String? = nil, isQuiet: Bool = false) -> Backup {
            Backup(
                store: platform.store.store, logs: platform.logs.directory, migrations: Schema.migrations, keys: keys,
                passphrase: passphrase, isQuiet: isQuiet, version: "test", floor: 0)
        }

        func restore(
            keysFolder: String? = nil, passphrase: String? = nil, ring: KeyRing?? = .none, withoutKeys: Bool = false,
            skip: Int? = nil, continuesRuns: Bool = false, migrations: [Migration] = Schema.migrations,
            openTarget: (@Sendable () async throws -> Store)? = nil
        ) -> Restore {
            Restore(
                archive: archive, folder: folder, migrations: migrations, keysFolder: keysFolder,
                passphrase: passphrase, ring: ring ?? platform.keys, withoutKeys: withoutKeys, skip: skip,
                continuesRuns: continuesRuns, writeKey: { try PrivateFile.replace($0, with: $1) },
                openTarget: openTarget)
        }

        func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

        func names(in folder: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        }
    }

    private func with(_ body: (Place) async throws -> Void) async throws {
        try await PlatformFixture.with { platform in
            try await withTemporaryDirectory { directory in
                let place = Place(platform: platform, directory: directory.string)
                try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: true)
                try await body(place)
            }
        }
    }

    /// A run that is over, with a log, one that a worker has, and one that waits; a component and a secret.
    private func fill(_ platform: PlatformFixture) async throws {
        _ = try await platform.save([["step": "work", "commands": ["true"]]], as: "web")
        _ = try await platform.operations.secrets.save(
            SecretRequest(value: "hush"), as: "word", of: .repository(PlatformFixture.path), by: platform.principal)
        for n in 1...3 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
        let runs = try await platform.runs().sorted { $0.number < $1.number }
        for run in runs.prefix(2) {
            let job = try #require(try await platform.jobs(of: run.id).first)
            _ = try await platform.claim(job.id)
            try await platform.started("test", job)
            try await platform.printed("test", job, "log of #\(run.number)\n")
        }
        let first = try #require(try await platform.jobs(of: runs[0].id).first)
        try await platform.finished("test", first)
        try await platform.ended(first, steps: [StepReport(step: "test", outcome: .success, exitCode: 0)])
    }

    /// A platform's parts on a database that was restored.
    private func engine(_ store: PipelineStore, like platform: PlatformFixture) -> RunEngine {
        RunEngine(store: store, configuration: platform.engine.configuration, logger: Logger(label: "test"))
    }

    private func failure(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test func `All is back as it was, and goes on beyond what is not known`() async throws {
        try await with { place in
            let platform = place.platform
            try await fill(platform)
            let before = try await platform.runs()
            let id = try await platform.store.platform()
            let made = try await place.backup().make(at: place.archive)
            #expect(made.manifest.runs == 3 && made.manifest.logs == 2)
            #expect(place.names(in: place.directory) == ["backup.tar", "data"])
            var status = stat()
            #expect(stat(place.archive, &status) == 0 && status.st_mode & 0o777 == 0o600)
            // What comes after it is lost.
            for n in 4...6 { try await platform.push(Samples.single, trigger: "t\(n)", message: "m\(n)") }
            let lost = try #require(try await platform.runs().first)
            let lostSerial = try await platform.store.read { try $0.runs.serial(lost.id) }

            let done = try #require(try await place.restore().run())
            #expect(done.unread == 0 && done.numbers.map(\.last) == [200])
            #expect(place.names(in: place.data) == ["logs", "pipeline.sqlite"])
            let store = PipelineStore(
                store: try Store.open(at: place.folder.file, migrations: Schema.migrations))
            let restored = try await store.read { tables in
                try before.map { try tables.runs.summary($0.id) }
            }
            #expect(restored == before.map(Optional.some))
            let sealed = try await store.read { try $0.seals.all() }
            #expect(try sealed.map { try platform.keys.open($0.sealed, for: $0.binding) } == ["hush"])
            #expect(try await store.read { try $0.components.find("web") } != nil)
            let log = "\(place.data)/logs/\(LogStreamID(run: before[2].id, step: 1, attempt: 1).path)"
            #expect(try String(contentsOfFile: log, encoding: .utf8) == "log of #1\n")
            // One of its own, whatever the one before it does.
            #expect(try await store.platform() != id)
            let audit = try await store.read { try $0.audits.page(AuditQuery(), limit: 1).items.first }
            #expect(audit?.operation == "platform.restore")

            // What had not ended ends, with the reason; a job that a worker has is stopped first.
            let engine = engine(store, like: platform)
            try await engine.endRunsOfRestore()
            try await engine.endRunsOfRestore()
            let ended = try await store.read { tables in try before.map { try tables.runs.summary($0.id) } }
            #expect(ended[0]?.state == .cancelled && ended[0]?.reason?.contains("restored from the backup") == true)
            #expect(ended[2]?.state == .success)
            let stopped = try await store.read { [outbox = store.outbox] in
                try outbox.rows(in: $0.database).map(\.message.type)
            }
            #expect(stopped.contains("JobCancelled"), "\(stopped)")
            // A rollout of a run that comes now is newer than any of those that were lost.
            let next = try await store.write { transaction -> (number: Int, serial: Int64?) in
                let run = try engine.newRun(
                    Trigger(
                        id: MessageID(rawValue: "t9"), event: .push, repository: PlatformFixture.path,
                        ref: "refs/heads/main", branch: "main"), in: transaction)
                try transaction.runs.insert(
                    run,
                    details: RunDetails(
                        trigger: Trigger(
                            id: MessageID(rawValue: "t9"), event: .push, repository: PlatformFixture.path,
                            ref: "refs/heads/main", branch: "main")))
                return (run.number, try transaction.runs.serial(run.id))
            }
            #expect(next.number == 201)
            #expect(try #require(next.serial) > #require(lostSerial))
            try await store.store.close()
            // Where something is, nothing is restored.
            #expect(await failure { _ = try await place.restore().run() }.contains("is in use"))
        }
    }

    @Test func `It is the database as it was at one moment, however much is written meanwhile`() async throws {
        try await with { place in
            let platform = place.platform
            for n in 0..<20 { try await platform.push(Samples.single, trigger: "a\(n)", message: "a\(n)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for n in 0... {
                        if Task.isCancelled { return }
                        try await platform.push(Samples.single, trigger: "b\(n)", message: "b\(n)")
                    }
                }
                let made = try await place.backup().make(at: place.archive)
                group.cancelAll()
                #expect(made.manifest.runs >= 20)
                let done = try #require(try await place.restore(skip: 0).run())
                #expect(done.numbers.map(\.last) == [made.manifest.runs])
            }
        }
    }

    @Test func `What is damaged, cut, foreign or newer is refused with the reason, and nothing is left`() async throws {
        try await with { place in
            try await fill(place.platform)
            _ = try await place.backup().make(at: place.archive)
            let whole = try Data(contentsOf: URL(filePath: place.archive))
            func refusal(_ bytes: Data) async throws -> String {
                try bytes.write(to: URL(filePath: place.archive))
                let text = await failure { _ = try await place.restore().run() }
                #expect(place.names(in: place.data) == [], "\(text)")
                return text
            }
            for length in [1, 511, 512, 600, whole.count / 3, whole.count - 1_600, whole.count - 2_048] {
                let text = try await refusal(whole.prefix(length))
                #expect(
                    text.contains("ends too early") || text.contains("is not whole") || text.contains("damaged"),
                    "\(length): \(text)")
            }
            var generator = SystemRandomNumberGenerator()
            for _ in 0..<40 {
                var bytes = whole
                // Beyond the manifest there are only zeros.
                let place = Int.random(in: 0..<whole.count - 3_072, using: &generator)
                bytes[place] ^= 0x10
                let text = try await refusal(bytes)
                #expect(
                    ["damaged", "no backup", "too early", "is not whole", "newer"].contains(where: text.contains),
                    "\(place): \(text)")
            }
            #expect(try await refusal(Data("hello".utf8)).contains("ends too early"))
            #expect(try await refusal(Data(repeating: 7, count: 4_096)).contains("damaged, or no archive"))
            try whole.write(to: URL(filePath: place.archive))
            let older = place.restore(migrations: Array(Schema.migrations.dropLast()))
            #expect(await failure { _ = try await older.run() }.contains("newer version"))
            #expect(place.names(in: place.data) == [])
            let running = place.restore(continuesRuns: true)
            #expect(await failure { _ = try await running.run() }.contains("cannot go on"))
        }
    }

    @Test func `Without its keys nothing is restored, unless that is meant; keys go along as they are, or sealed`()
        async throws
    {
        try await with { place in
            try await fill(place.platform)
            let folder = "\(place.directory)/keys"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (name, text) in ["seal-keys-pipeline": place.platform.keys.text, "hook-key": "a", "mirror-key": "b"] {
                try PrivateFile.replace("\(folder)/\(name)", with: text)
            }
            try PrivateFile.replace("\(folder)/broker-url", with: "amqp://no.key.of.the.platform")
            _ = try await place.backup().make(at: place.archive)
            let other = try KeyRing("test:" + Data(repeating: 9, count: 32).base64EncodedString())
            #expect(await failure { _ = try await place.restore(ring: other).run() }.contains("1 of 1 secrets"))
            #expect(await failure { _ = try await place.restore(ring: .some(nil)).run() }.contains("none are given"))
            #expect(place.names(in: place.data) == [])
            let done = try await place.restore(ring: .some(nil), withoutKeys: true).run()
            #expect(done?.unread == 1)
            try FileManager.default.removeItem(atPath: place.data)

            let kept = try KeptKeys(folder: folder, needing: "seal-keys-pipeline")
            #expect(kept.files.keys.sorted() == ["hook-key", "mirror-key", "seal-keys-pipeline"])
            for passphrase in [nil, "correct horse"] {
                try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: true)
                unlink(place.archive)
                _ = try await place.backup(keys: kept, passphrase: passphrase).make(at: place.archive)
                let bytes = try Data(contentsOf: URL(filePath: place.archive))
                let secret = Data(try #require(place.platform.keys.text.split(separator: ":").last).utf8)
                #expect((bytes.firstRange(of: secret) != nil) == (passphrase == nil))
                if passphrase != nil {
                    let wrong = place.restore(keysFolder: "\(place.directory)/new", passphrase: "wrong horse")
                    #expect(await failure { _ = try await wrong.run() }.contains("the passphrase is not the one"))
                    #expect(place.names(in: place.data) == [] && !place.exists("\(place.directory)/new"))
                }
                let done = try await place.restore(
                    keysFolder: "\(place.directory)/new", passphrase: passphrase, ring: .some(nil)
                ).run()
                #expect(done?.unread == 0 && done?.hasKeys == true)
                #expect(try KeptKeys(folder: "\(place.directory)/new", needing: "seal-keys-pipeline") == kept)
                try FileManager.default.removeItem(atPath: "\(place.directory)/new")
                try FileManager.default.removeItem(atPath: place.data)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "root alone mounts a small disk"))
    func `On a full disk there is no backup, and nothing is left of it`() async throws {
        try await with { place in
            try await fill(place.platform)
            let disk = "\(place.directory)/small"
            try await runTool("mkdir", [disk])
            for size in ["64k", "300k", "700k"] {
                try await runTool("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", disk])
                let text = await failure { _ = try await place.backup().make(at: "\(disk)/backup.tar") }
                #expect(text.contains("full") || text.contains("No space left"), "\(size): \(text)")
                #expect(place.names(in: disk) == [], "\(size)")
                try await runTool("umount", [disk])
            }
        }
    }

    @Test func `A restore that was interrupted is refused at a start, and is begun anew or ended`() async throws {
        try await with { place in
            try await fill(place.platform)
            _ = try await place.backup().make(at: place.archive)
            try place.folder.begin("interrupted")
            #expect(await failure { try place.folder.requireNone() }.contains("was interrupted"))
            let done = try #require(try await place.restore().run())
            #expect(done.manifest.runs == 3)
            try place.folder.requireNone()

            // Put together, and ended between one name and the next.
            try place.folder.begin("whole")
            for name in ["logs", "pipeline.sqlite"] {
                unlink("\(place.folder.path)/\(name)")
                rmdir("\(place.folder.path)/\(name)")
                guard name != "logs" else { continue }
                #expect(rename("\(place.data)/\(name)", "\(place.folder.path)/\(name)") == 0)
            }
            try place.folder.finish()
            #expect(await failure { try place.folder.requireNone() }.contains("was interrupted"))
            #expect(try await place.restore().run() == nil)
            try place.folder.requireNone()
            #expect(place.names(in: place.data) == ["logs", "pipeline.sqlite"])
        }
    }

    @Test(
        .enabled(
            if: !TestDatabase.isPostgreSQL && ProcessInfo.processInfo.environment["SLIPWAY_TEST_POSTGRESQL"] != nil,
            "it needs a PostgreSQL beside the file"))
    func `A backup of a file goes to PostgreSQL, and one of PostgreSQL to a file`() async throws {
        try await with { place in
            try await fill(place.platform)
            let before = try await place.platform.runs()
            _ = try await place.backup().make(at: place.archive)
            let database = try await TestDatabase.makeSchema()
            let open: @Sendable () async throws -> Store = { try await database.openSchema(Schema.migrations) }
            let done = try #require(try await place.restore(openTarget: open).run())
            #expect(done.numbers.map(\.last) == [200] && place.names(in: place.data) == ["logs"])
            #expect(await failure { _ = try await place.restore(openTarget: open).run() }.contains("is in use"))

            let target = try await open()
            unlink(place.archive)
            _ = try await Backup(
                store: target, logs: "\(place.data)/logs", migrations: Schema.migrations, keys: nil, passphrase: nil,
                isQuiet: false, version: "test", floor: 0
            ).make(at: place.archive)
            let serial = try await target.read { try $0.lastNumber(of: "runs", key: "serial") }
            try await target.close()
            try FileManager.default.removeItem(atPath: place.data)
            try FileManager.default.createDirectory(atPath: place.data, withIntermediateDirectories: true)
            _ = try await place.restore(skip: 7).run()
            let store = PipelineStore(store: try Store.open(at: place.folder.file, migrations: Schema.migrations))
            let after = try await store.read { tables in try before.map { try tables.runs.summary($0.id) } }
            #expect(after == before.map(Optional.some))
            let last = try await store.read { try $0.database.lastNumber(of: "runs", key: "serial") }
            #expect(try #require(last) > #require(serial))
            #expect(try await store.write { try $0.runs.nextNumber(of: PlatformFixture.path) } == 208)
            #expect(try await store.write { try $0.runs.nextNumber(of: RepositoryPath(rawValue: "a/new")) } == 101)
            try await store.store.close()
            try await database.removeSchema()
        }
    }

    @Test func `A new database orders its rollouts after those of any before it`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let serial = try #require(try await platform.store.read { try $0.runs.serial(run.id) })
            #expect(run.number == 1)
            // One of 2020 had given at most as many as there were milliseconds since.
            #expect(serial > 1_577_836_800_000 && serial <= Timestamp.now.milliseconds + 1)
            // What was noted where rollouts go before databases began like this.
            #expect(RolloutQueue.sequence(serial: serial, step: 0) > RolloutQueue.sequence(serial: 1 << 31, step: 9))
        }
    }

    @Test func `What arrives of runs that the database does not know is passed over, and their workers stop`()
        async throws
    {
        try await PlatformFixture.with { platform in
            var job = try await {
                try await platform.push(Samples.single)
                let run = try #require(try await platform.runs().first)
                return try #require(try await platform.jobs(of: run.id).first)
            }()
            job.id = JobID(rawValue: "lost-job")
            job.run = RunID(rawValue: "lost-run")
            try await platform.started("test", job)
            for n in 0..<100 { try await platform.printed("test", job, at: Int64(n), "a") }
            try await platform.heartbeat(job)
            try await platform.finished("test", job)
            try await platform.ended(job, steps: [StepReport(step: "test", outcome: .success)])
            let stopped = try await platform.sent().last { $0.type == "JobCancelled" }
            #expect(stopped?.body.contains("lost-job") == true)
            // A run that somebody had asked for is not made of what came of it: what was to run is not known.
            try await platform.push(Samples.single, trigger: "x", message: "x", run: RunID(rawValue: "lost-run"))
            #expect(try await platform.runs().count == 1)
        }
    }
}
