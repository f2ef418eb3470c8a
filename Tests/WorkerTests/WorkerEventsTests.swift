import AMQP
import Contracts
import Foundation
import Logging
import Messaging
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Worker

/// Events that the broker does not take at once.
@Suite(.timeLimit(.minutes(1))) struct WorkerEventsTests {
    /// A broker that fails as often as it is told.
    private final class Taking: Sendable {
        private let state: Mutex<(failures: Int, tries: Int, taken: [String])>
        private let error: AMQPError

        init(failures: Int, _ error: AMQPError = AMQPError(.unreachable, "the broker is away")) {
            state = Mutex((failures, 0, []))
            self.error = error
        }

        var tries: Int { state.withLock { $0.tries } }
        var taken: [String] { state.withLock { $0.taken } }

        func take(_ message: PreparedMessage) throws {
            try state.withLock { state in
                state.tries += 1
                guard state.tries > state.failures else { throw error }
                state.taken.append(message.id.rawValue)
            }
        }
    }

    private func events(
        _ broker: Taking, file: FilePath? = nil, limit: Int = 100, pauses: [Duration] = [.zero]
    ) -> WorkerEvents {
        WorkerEvents(
            service: "builder", file: file, limit: limit, pauses: pauses,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { try broker.take($0) }
    }

    private func message(_ id: String) throws -> PreparedMessage {
        PreparedMessage(
            id: MessageID(rawValue: id), type: "dev.cdevents.taskrun.started", version: 1, exchange: "cdevents",
            routingKey: "taskrun.started", mandatory: false, body: "{\"line\":\"a\\nb\"}")
    }

    private func size(_ file: FilePath) throws -> Int { try Data(contentsOf: URL(filePath: file.string)).count }

    @Test func anEventIsToldHoweverOftenTheBrokerFails() async throws {
        let broker = Taking(failures: 50)
        let events = events(broker)
        for id in ["a", "b"] { events.add(try message(id)) }
        let telling = Task { try await events.run() }
        try await eventually("both events") { broker.taken == ["a", "b"] }
        #expect(broker.tries == 52)
        telling.cancel()
        try await telling.value
    }

    @Test func whatWaitsIsToldByTheProcessAfterThisOne() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("events")
            // One process ends with them, the next one before it tells any, the third while it waits.
            events(Taking(failures: .max), file: file).add(try message("a"))
            events(Taking(failures: .max), file: file).add(try message("b"))
            let away = Taking(failures: .max)
            let third = events(away, file: file, pauses: [.seconds(3600)])
            let trying = Task { try await third.run() }
            try await eventually("a failure") { away.tries == 1 }
            third.add(try message("c"))
            trying.cancel()
            try await trying.value
            let broker = Taking(failures: 0)
            let last = events(broker, file: file)
            let telling = Task { try await last.run() }
            try await eventually("all events") { broker.taken == ["a", "b", "c"] }
            try await eventually("an empty file") { try size(file) == 0 }
            telling.cancel()
            try await telling.value
        }
    }

    @Test func aLineThatWasNotWrittenWholeHoldsUpNoOther() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("events")
            events(Taking(failures: .max), file: file).add(try message("a"))
            let whole = try Data(contentsOf: URL(filePath: file.string))
            try (whole + whole.prefix(20)).write(to: URL(filePath: file.string))
            let broker = Taking(failures: 0)
            let events = events(broker, file: file)
            // On a line of its own.
            events.add(try message("b"))
            let telling = Task { try await events.run() }
            try await eventually("both events") { broker.taken == ["a", "b"] }
            telling.cancel()
            try await telling.value
            // A newer version may have written it.
            let aside = try Data(contentsOf: URL(filePath: "\(file).unreadable"))
            #expect(aside == whole.prefix(20) + [UInt8(ascii: "\n")])
        }
    }

    @Test func ofTooManyTheOldestGoAndTheFileStaysSmall() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("events")
            let events = events(Taking(failures: .max), file: file, limit: 3)
            events.add(try message("1"))
            let line = try size(file)
            for number in 2...9 { events.add(try message("\(number)")) }
            #expect(try size(file) <= 7 * line)
            let broker = Taking(failures: 0)
            let next = self.events(broker, file: file, limit: 3)
            let telling = Task { try await next.run() }
            try await eventually("the newest") { broker.taken == ["7", "8", "9"] }
            telling.cancel()
            try await telling.value
        }
    }

    @Test func whatTheBrokerWillNeverTakeHoldsUpNoOther() async throws {
        let broker = Taking(failures: 1, AMQPError(.tooLarge, "too large"))
        let events = events(broker)
        for id in ["large", "next"] { events.add(try message(id)) }
        let telling = Task { try await events.run() }
        try await eventually("the other") { broker.taken == ["next"] }
        #expect(broker.tries == 2)
        telling.cancel()
        try await telling.value
    }
}
