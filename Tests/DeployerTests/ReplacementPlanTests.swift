import DockerEngine
import PipelineLanguage
import Testing
import Worker

@testable import Deployer

@Suite struct ReplacementPlanTests {
    private func found(
        _ name: String, sequence: Int64? = nil, job: String? = nil, running: Bool = true, ports: Set<String> = []
    ) -> ReplacementPlan.Found {
        .init(id: "id-\(name)", name: name, sequence: sequence, job: job, isRunning: running, hostPorts: ports)
    }

    private func plan(_ found: [ReplacementPlan.Found], ports: Set<String> = []) -> ReplacementPlan {
        ReplacementPlan(service: "web", job: "job2", sequence: 2, ports: ports, found: found)
    }

    @Test func theFirstOne() {
        #expect(plan([]).course == .sideBySide(old: nil))
    }

    @Test func besideTheOldOneWhereThePortsAllowIt() {
        #expect(plan([found("web", sequence: 1, job: "job1")]).course == .sideBySide(old: "id-web"))
        #expect(plan([found("web", ports: ["8080/tcp"])], ports: ["8081/tcp"]).course == .sideBySide(old: "id-web"))
    }

    @Test func inItsPlaceWhereTheyDoNot() {
        #expect(plan([found("web", ports: ["8080/tcp"])], ports: ["8080/tcp"]).course == .inPlace(old: "id-web"))
    }

    @Test func neverOverANewerOne() {
        guard case .refuse(let reason) = plan([found("web", sequence: 3, job: "job3")]).course else {
            Issue.record("not refused")
            return
        }
        #expect(reason == "a newer rollout of “web” is there: number 3, this one is 2")
    }

    @Test func doneAlready() {
        let plan = plan([found("web", sequence: 2, job: "job2"), found("web-previous", sequence: 1, job: "job1")])
        #expect(plan.course == .settled(id: "id-web"))
        #expect(plan.repairs == [.remove("id-web-previous")])
    }

    @Test func killedBeforeTheNewOneWasWell() {
        let plan = plan([found("web", sequence: 1, job: "job1"), found("web-next", sequence: 2, job: "job2")])
        #expect(plan.repairs == [.remove("id-web-next")])
        #expect(plan.course == .sideBySide(old: "id-web"))
    }

    @Test func killedBetweenTheTwoNames() {
        let plan = plan([found("web-previous", sequence: 1, job: "job1"), found("web-next", sequence: 2, job: "job2")])
        #expect(
            plan.repairs == [
                .remove("id-web-next"), .rename("id-web-previous", to: "web"), .start("id-web-previous"),
            ])
        #expect(plan.course == .sideBySide(old: "id-web-previous"))
    }

    @Test func killedInPlaceBeforeTheNewOneRan() {
        let plan = plan([
            found("web-previous", sequence: 1, job: "job1", running: false),
            found("web", sequence: 2, job: "job2", running: false),
        ])
        #expect(
            plan.repairs == [.remove("id-web"), .rename("id-web-previous", to: "web"), .start("id-web-previous")])
    }

    @Test func portsAndVolumesAsTheyAreWritten() throws {
        #expect(try ContainerRun.port("80") == .init(container: 80, host: nil))
        #expect(try ContainerRun.port("8080:80") == .init(container: 80, host: 8080))
        #expect(
            try ContainerRun.port("127.0.0.1:53:5353/udp")
                == .init(container: 5353, host: 53, address: "127.0.0.1", transport: "udp"))
        #expect(try ContainerRun.port("[::1]:8080:80") == .init(container: 80, host: 8080, address: "::1"))
        for wrong in ["", "web", "80:web", "0:80", "70000:80", "8080:80/ftp"] {
            #expect(throws: JobFailure.self) { try ContainerRun.port(wrong) }
        }
        #expect(try ContainerRun.mount("/srv:/data:ro") == .bind(source: "/srv", path: "/data", readOnly: true))
        #expect(try ContainerRun.mount("data:/data") == .volume(name: "data", path: "/data", readOnly: false))
        for wrong in ["/srv", "data:relative", "a:/b:rx", ":/data"] {
            #expect(throws: JobFailure.self) { try ContainerRun.mount(wrong) }
        }
    }
}
