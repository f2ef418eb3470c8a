import Contracts
import Foundation
import Testing

@Suite("CDEvents")
struct CDEventsTests {
    @Test("there is an event of every type", arguments: EventType.allCases)
    func everyType(_ type: EventType) {
        #expect(EventSamples.all.contains { $0.type == type.rawValue })
    }

    @Test("the type has its subject, predicate and version", arguments: EventType.allCases)
    func typePattern(_ type: EventType) {
        let standard = /dev\.cdevents\.[a-z]+\.[a-z]+\.0\.3\.0/
        let custom = /dev\.cdeventsx\.slipway-[a-z]+\.[a-z]+\.\d+\.\d+\.\d+/
        #expect(type.rawValue.wholeMatch(of: standard) != nil || type.rawValue.wholeMatch(of: custom) != nil)
    }

    @Test("the envelope repeats the context", arguments: EventSamples.all)
    func envelope(_ event: CloudEvent) {
        #expect(event.specversion == "1.0")
        #expect(event.data.context.specversion == "0.5.1")
        #expect(event.id == event.data.context.id)
        #expect(event.source == event.data.context.source)
        #expect(event.type == event.data.context.type)
        #expect(event.time == event.data.context.timestamp)
        #expect(event.subject == event.data.subject.id)
        #expect(event.datacontenttype == "application/json")
        #expect(event.source.hasPrefix("/slipway/"))
        #expect(event.data.context.chainId?.isEmpty == false)
    }

    @Test("the routing key is the type without its version", arguments: EventSamples.all)
    func routingKey(_ event: CloudEvent) {
        #expect(event.type.hasPrefix(event.routingKey + "."))
        #expect(event.routingKey.wholeMatch(of: /dev\.cdeventsx?\.(slipway-)?[a-z]+\.[a-z]+/) != nil)
        #expect(CloudEvent.exchange == "cdevents")
        #expect(CloudEvent.contentType == "application/cloudevents+json")
    }

    @Test("content has the fields of its type and no others", arguments: EventSamples.all)
    func content(_ event: CloudEvent) throws {
        let allowed: [String: Set<String>] = [
            "pipelinerun.queued": ["pipelineName", "uri"], "pipelinerun.started": ["pipelineName", "uri"],
            "pipelinerun.finished": ["pipelineName", "uri", "outcome", "errors"],
            "taskrun.started": ["taskName", "pipelineRun", "uri"],
            "taskrun.finished": ["taskName", "pipelineRun", "uri", "outcome", "errors"],
            "build.queued": [], "build.started": [], "build.finished": ["artifactId"],
            "artifact.packaged": ["change", "sbom"], "artifact.published": ["user", "sbom"],
            "service.deployed": ["environment", "artifactId"], "service.upgraded": ["environment", "artifactId"],
            "service.rolledback": ["environment", "artifactId"],
        ]
        guard case .object(let content) = event.data.subject.content else {
            Issue.record("the content of \(event.type) is no object")
            return
        }
        guard let fields = allowed[EventSamples.name(event)] else {
            #expect(event.type.hasPrefix("dev.cdeventsx.slipway-"))
            return
        }
        #expect(Set(content.keys).subtracting(fields) == [])
        if let outcome = content["outcome"]?.string {
            #expect(["success", "failure", "cancel", "error"].contains(outcome))
        }
    }

    @Test("a finished run names its outcome, a finished build has none")
    func outcomes() {
        let finished = EventSamples.all.filter { $0.routingKey.hasSuffix(".finished") }
        #expect(finished.count == 3)
        for event in finished {
            #expect((event.data.subject.content["outcome"] == nil) == event.routingKey.contains(".build."))
        }
        #expect(EventOutcome(RunState.cancelled) == .cancel)
        #expect(EventOutcome(RunState.running) == nil)
        #expect(EventOutcome(StepOutcome.failure) == .failure)
        #expect(EventOutcome(StepOutcome.skipped) == nil)
    }

    @Test("artifacts are named by purl")
    func purl() {
        let hex = "0b31b1c0"
        #expect(
            PackageURL(reference: "registry.example:5000/shop/Web@sha256:\(hex)")?.text
                == "pkg:oci/web@sha256%3A\(hex)?repository_url=registry.example:5000/shop/Web")
        #expect(
            PackageURL(reference: "registry.example/shop/web:1.2@sha256:\(hex)")?.text
                == "pkg:oci/web@sha256%3A\(hex)?repository_url=registry.example/shop/web")
        #expect(PackageURL(reference: "web@sha256:\(hex)")?.text.hasPrefix("pkg:oci/web@sha256%3A") == true)
        #expect(PackageURL(reference: "registry.example:5000/shop/web:1.2") == nil)
        #expect(PackageURL(reference: "web@latest") == nil)
        #expect(PackageURL(reference: "@sha256:00") == nil)
        let built = EventSamples.all.first { $0.routingKey == "dev.cdevents.build.finished" }
        #expect(built?.data.subject.content["artifactId"]?.string == EventSamples.artifact.text)
    }

    @Test("the events of one push are one chain, the same for every redelivery")
    func chain() {
        let received = CloudEvent.pushReceived(Sample.push, service: "sync")
        let synced = CloudEvent.sourceSynced(Sample.synced, service: "sync")
        #expect(received.data.context.chainId == synced.data.context.chainId)
        #expect(synced.data.context.links == [.triggered(by: received.id)])
        #expect(synced.id == CloudEvent.sourceSynced(Sample.synced, service: "sync").id)
        #expect(synced.id != received.id)
    }

    @Test("an event of another sender is read, whatever it holds")
    func foreign() throws {
        let json = """
            {"specversion":"1.0","id":"1","source":"/other","type":"dev.cdevents.build.queued.0.9.0","time":
            "2026-11-23T02:23:38Z","data":{"context":{"specversion":"0.9.0","id":"1","source":"/other","type":
            "dev.cdevents.build.queued.0.9.0","timestamp":"2026-11-23T02:23:38Z"},"subject":{"id":"s","content":{}}}}
            """
        let event = try Wire.decode(CloudEvent.self, from: Data(json.utf8))
        #expect(event.routingKey == "dev.cdevents.build.queued")
        #expect(event.data.customData == nil)
    }
}
