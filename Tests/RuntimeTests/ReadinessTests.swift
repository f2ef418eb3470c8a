import Testing

@testable import Runtime

@Suite struct ReadinessTests {
    @Test func onlyWhatIsNeededCounts() async {
        let readiness = Readiness()
        readiness.add("broker", isNeeded: false) { "not connected" }
        readiness.add("store") { nil }
        #expect(await readiness.problems().isEmpty)
        #expect(await readiness.remarks() == ["broker: not connected"])
        readiness.add("pages") { "they are not served yet" }
        #expect(await readiness.problems() == ["pages: they are not served yet"])
        #expect(await readiness.remarks() == ["broker: not connected"])
    }
}
