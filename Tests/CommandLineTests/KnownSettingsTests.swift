import FoundationEssentials
import Testing

@testable import CommandLine

/// What `slipway up` does with the names of settings.
@Suite struct KnownSettingsTests {
    private let known = KnownSettings(variables: [
        "builder": ["SLIPWAY_CAPACITY", "SLIPWAY_POOL", "SLIPWAY_DATA", "SLIPWAY_SEAL_KEYS"],
        "deployer": ["SLIPWAY_SLOTS", "SLIPWAY_POOL", "SLIPWAY_DATA", "SLIPWAY_SEAL_KEYS"],
        "notifier": ["SLIPWAY_WEBHOOK_SECRET", "SLIPWAY_DATA"],
        "webhook-gateway": ["SLIPWAY_DATA"], "sync": ["SLIPWAY_DATA"], "pipeline": ["SLIPWAY_DATA"],
    ])

    private func refusal(_ argument: String) throws -> CommandError? {
        let setting = try #require(StackSetting(argument: argument))
        do {
            try known.check([setting])
            return nil
        } catch {
            return try #require(error as? CommandError)
        }
    }

    @Test(arguments: [
        "builder:SLIPWAY_CAPACITY=4", "SLIPWAY_SLOTS=4", "notifier:SLIPWAY_WEBHOOK_SECRET_FILE=/x", "SLIPWAY_POOL=gpu",
        "SLIPWAY_DEPLOYER_POOL=pay", "builder:HTTPS_PROXY=http://proxy:1",
    ]) func aSettingThatIsReadIsTaken(_ argument: String) throws {
        #expect(try refusal(argument) == nil)
    }

    @Test func aSettingThatNobodyReadsIsRefusedWithWhatWasMeant() throws {
        let expected = [
            "builder:SLIPWAY_CAPACTY=4": (
                "--set builder:SLIPWAY_CAPACTY: builder has no such setting", "did you mean SLIPWAY_CAPACITY?"
            ),
            "builder:SLIPWAY_SLOTS=4": (
                "--set builder:SLIPWAY_SLOTS: builder has no such setting",
                "it is a setting of deployer: --set deployer:SLIPWAY_SLOTS=…"
            ),
            "SLIPWAY_WEBHOK_SECRET_FILE=/x": (
                "--set SLIPWAY_WEBHOK_SECRET_FILE: no service has such a setting",
                "did you mean SLIPWAY_WEBHOOK_SECRET_FILE?"
            ),
            "builder:capacity=4": (
                "--set builder:capacity: builder has no such setting", "did you mean SLIPWAY_CAPACITY?"
            ),
            "builder:SLIPWAY_NOTHING_LIKE_IT=4": (
                "--set builder:SLIPWAY_NOTHING_LIKE_IT: builder has no such setting",
                "`builder --help` lists those there are"
            ),
        ]
        for (argument, (message, remedy)) in expected {
            let error = try #require(try refusal(argument), "\(argument)")
            #expect(error.message == message && error.remedy == remedy && error.isUsage, "\(error)")
        }
    }

    @Test func ofTheEnvironmentWhatNobodyReadsIsTold() {
        let read = [
            "PATH": "/bin", "SLIPWAY_SLOTS": "4", "SLIPWAY_DEPLOYER_POOL": "pay", "SLIPWAY_TOKEN": "x",
            "SLIPWAY_SEAL_KEYS_FILE": "/x",
        ]
        #expect(known.remark(on: read) == nil)
        let more = read.merging(["SLIPWAY_SLOT": "4", "SLIPWAY_OTHERWISE": "x"]) { $1 }
        #expect(
            known.remark(on: more)
                == "No service has a setting of this name, so it does nothing: SLIPWAY_OTHERWISE, SLIPWAY_SLOT (did you mean "
                + "SLIPWAY_SLOTS?)")
    }

    @Test func aServiceIsGivenItsOwnSettingsAlone() throws {
        let inherited = ["PATH": "/bin", "SLIPWAY_SLOTS": "4", "SLIPWAY_WEBHOOK_SECRET": "s", "SLIPWAY_CAPACITY": "2"]
        let settings = ["SLIPWAY_WEBHOOK_SECRET_FILE=/s", "SLIPWAY_SLOTS=5"].compactMap(StackSetting.init(argument:))
        let layout = StackLayout(directory: "/tmp/stack", ports: StackPorts(base: 9080))
        for service in StackService.all {
            let environment = service.environment(
                layout: layout, broker: "/keys/broker-url", inherited: inherited, settings: settings, engine: nil,
                processes: false, known: known)
            #expect(environment["PATH"] == "/bin" && environment["SLIPWAY_DATA"] != nil)
            #expect(environment["SLIPWAY_SLOTS"] == (service.name == "deployer" ? "5" : nil))
            #expect(environment["SLIPWAY_WEBHOOK_SECRET"] == (service.name == "notifier" ? "s" : nil))
            #expect(environment["SLIPWAY_WEBHOOK_SECRET_FILE"] == (service.name == "notifier" ? "/s" : nil))
            #expect(environment["SLIPWAY_CAPACITY"] == (service.name == "builder" ? "2" : nil))
        }
    }

    @Test func aProgramsHelpTellsItsSettings() {
        let help = """
            builder: runs the steps of jobs

            Usage: builder [--setting value …]
                   builder firewall [--setting value …]    sets rules

              --docker-data  SLIPWAY_DOCKER_DATA
                  the folder; see SLIPWAY_DATA; for example /var/lib
              --ca  SLIPWAY_CA
                  for example SLIPWAY_CA_FILE
            """
        #expect(KnownSettings.read(help) == ["SLIPWAY_DOCKER_DATA", "SLIPWAY_CA"])
    }
}
