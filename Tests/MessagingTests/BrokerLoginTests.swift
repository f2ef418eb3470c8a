import AMQP
import Contracts
import Testing

@testable import Messaging

/// Whom a service takes messages from.
@Suite struct BrokerLoginTests {
    private func message(
        _ type: String, from login: String?, first: String? = nil, parkedFor queue: String? = nil
    ) -> IncomingMessage {
        var headers: [String: HeaderValue] = [:]
        headers[Header.sender] = first.map { .string($0) }
        headers[Header.parkedQueue] = queue.map { .string($0) }
        return IncomingMessage(
            exchange: "slipway.to.pipeline", routingKey: "", body: [],
            properties: MessageProperties(type: type, userID: login, headers: headers))
    }

    private let pipeline = BrokerLogin(name: "slipway-pipeline")

    /// As a platform is for a day after its upgrade from a version whose messages bear no login.
    private func taking(until moment: Timestamp) -> BrokerLogin {
        var login = pipeline
        login.unsignedUntil = moment
        return login
    }

    @Test func aTypeIsTakenFromItsProducersAlone() {
        for entry in MessageMap.table {
            for user in BrokerUser.all(pools: ["default"], clusters: [["default"]]) {
                let isProducer = BrokerUser.service(of: user.name).map(entry.producers.contains) ?? false
                let refusal = pipeline.refusal(
                    of: message(entry.message.type, from: user.name), in: MessageMap.pipeline)
                #expect((refusal == nil) == isProducer, "\(entry.message.type) from \(user.name)")
            }
            let bare = pipeline.refusal(of: message(entry.message.type, from: nil), in: MessageMap.pipeline)
            #expect(bare?.hasPrefix(BrokerLogin.unsigned) == true)
        }
    }

    @Test func whoSentItFirstIsBelievedFromOneselfAndFromThePlatform() {
        let sync = BrokerLogin(name: "slipway-sync")
        func isTaken(_ login: String, _ first: String?) -> Bool {
            sync.refusal(of: message("PushReceived", from: login, first: first), in: MessageMap.sync) == nil
        }
        #expect(isTaken("slipway-webhook-gateway", nil))
        #expect(isTaken("slipway-sync", "slipway-webhook-gateway"))
        #expect(isTaken("slipway-pipeline", "slipway-webhook-gateway"))
        #expect(!isTaken("slipway-sync", nil))
        #expect(!isTaken("slipway-pipeline", nil))
        for forger in ["slipway-builder-default", "slipway-notifier", "slipway-events", "slipway"] {
            #expect(!isTaken(forger, "slipway-webhook-gateway"), "\(forger)")
            #expect(!isTaken(forger, "slipway"), "\(forger)")
        }
    }

    @Test func aRetryKeepsWhoSentItFirst() {
        func first(_ login: String?, said header: String?, at own: BrokerLogin) -> String? {
            message("JobFinished", from: login, first: header)
                .resent(to: "slipway.again.pipeline", routingKey: "5s", at: own).properties.headers[Header.sender]?
                .string
        }
        #expect(first("slipway-builder-gpu", said: "slipway-sync", at: pipeline) == "slipway-builder-gpu")
        #expect(first("slipway-pipeline", said: "slipway-builder-gpu", at: pipeline) == "slipway-builder-gpu")
        #expect(first(nil, said: "slipway-sync", at: pipeline) == BrokerLogin.unknown)
        #expect(first(nil, said: "slipway-sync", at: taking(until: .now.adding(.seconds(9)))) == BrokerLogin.earlier)
    }

    /// One that a login parks for a queue which is not its own is its own message, whatever it says of it.
    @Test func aParkedMessageIsThatOfItsSender() {
        let honest = message(
            "PushReceived", from: "slipway-sync", first: "slipway-webhook-gateway", parkedFor: "slipway.sync")
        #expect(honest.parkedSender == "slipway-webhook-gateway")
        let forged = message(
            "RolloutRequested", from: "slipway-builder-default", first: "slipway-pipeline",
            parkedFor: "slipway.deploy.default")
        #expect(forged.parkedSender == "slipway-builder-default")
        #expect(message("JobFinished", from: nil, first: "slipway-sync").parkedSender == BrokerLogin.unknown)
        var limited = message("JobFinished", from: nil, first: "slipway-sync")
        limited.exchange = MessageMap.deadLetters
        #expect(limited.parkedSender == nil)
    }

    @Test func whereAllShareALoginNobodyIsToldApart() {
        let shared = BrokerLogin(name: "guest")
        #expect(shared.refusal(of: message("SourceSynced", from: "guest"), in: MessageMap.pipeline) == nil)
    }

    /// A builder that could announce the end of a run could have a failed commit shown as good.
    @Test func theNotifierTakesAnEventFromThoseWhomItHappensTo() {
        let notifier = BrokerLogin(name: "slipway-notifier")
        let senders: [EventType: [String]] = [
            .pipelineRunFinished: ["pipeline"], .taskRunFinished: ["builder", "deployer"],
            .artifactPublished: ["builder"], .serviceDeployed: ["deployer"], .sourceFailed: ["sync"],
            .pushMissed: ["pipeline"], .scheduleMissed: ["pipeline"], .scheduleFailed: ["pipeline"],
            .troubleBegan: ["pipeline"],
        ]
        for (event, services) in senders {
            for user in BrokerUser.all(pools: ["default"], clusters: [["default"]]) {
                let isSender = BrokerUser.service(of: user.name).map(services.contains) ?? false
                for type in [event.rawValue, event.rawValue.dropLast(5) + "9.9.9"] {
                    let refusal = notifier.refusal(of: message(type, from: user.name), in: MessageMap.notifier)
                    #expect((refusal == nil) == isSender, "\(type) from \(user.name)")
                }
            }
        }
        #expect(EventType.allCases.allSatisfy { event in MessageMap.emitters.values.contains { $0.contains(event) } })
        // One of a later version is nobody's fault; the notifier passes over what it does not know.
        for type in ["dev.cdevents.pipelinerun.finished", "dev.cdevents.ticket.created.0.2.0", ""] {
            let later = message(type, from: "slipway-builder-default")
            #expect(notifier.refusal(of: later, in: MessageMap.notifier) == nil)
            #expect(!MessageMap.isEmitted(type))
        }
        #expect(EventType.allCases.allSatisfy { MessageMap.isEmitted($0.rawValue) })
    }

    /// What waited at an upgrade, and what the other services send until they follow.
    @Test func whatEarlierVersionsSendIsTakenForAWhile() {
        let unsigned = message("SourceSynced", from: nil)
        #expect(pipeline.refusal(of: unsigned, in: MessageMap.pipeline)?.contains("bears no login") == true)
        let open = taking(until: .now.adding(.seconds(60)))
        #expect(open.refusal(of: unsigned, in: MessageMap.pipeline) == nil)
        // It comes again as what it was, and goes where it was going.
        let again = message("SourceSynced", from: "slipway-pipeline", first: BrokerLogin.earlier)
        #expect(pipeline.refusal(of: again, in: MessageMap.pipeline) == nil)
        #expect(BrokerLogin(name: "slipway-sync").refusal(of: again, in: MessageMap.sync) == nil)
        let over = taking(until: .now.adding(.seconds(-1)))
        #expect(over.refusal(of: unsigned, in: MessageMap.pipeline) != nil)
        // Nobody becomes an earlier version by saying so, nor does a login lose its name in this time.
        let forged = message("SourceSynced", from: "slipway-builder-default", first: BrokerLogin.earlier)
        #expect(open.refusal(of: forged, in: MessageMap.pipeline) != nil)
    }
}
