import DockerEngine
import PipelineLanguage
import Testing

@testable import Deployer
@testable import DockerEngine

/// What a container made by hand has and the one in its place has not.
@Suite struct LostSettingsTests {
    private func settings(config: String = "", host: String = "") throws -> ContainerSettings {
        let text = #"{"Config": {\#(config)}, "HostConfig": {\#(host)}}"#
        return try EngineDocument.decode(ContainerSettings.self, from: Array(text.utf8))
    }

    private static let empty = #""Dns": [], "Memory": 0, "IpcMode": "private", "ShmSize": 67108864"#

    private func lost(
        config: String = "", host: String = "", image: String = "", new: String = "", newHost: String = empty,
        _ run: ContainerRun = ContainerRun(), environment: [String: String] = [:]
    ) throws -> LostSettings {
        LostSettings(
            of: try settings(config: config, host: host), try settings(config: image),
            in: try settings(config: new, host: newHost), id: "abcdef0123456789",
            try run.specification(image: "web", environment: environment))
    }

    @Test func whatTheEngineAndTheImagesGiveIsNoDifference() throws {
        let same = #""Env": ["PATH=/bin", "V=1"], "Cmd": ["serve"], "User": "web", "Labels": {"a": "1"}"#
        let logging = #", "LogConfig": {"Type": "json-file", "Config": {}}"#
        let host = Self.empty + logging + #", "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}"#
        let lost = try lost(
            config: same + #", "Hostname": "abcdef012345""#, host: host, image: same,
            new: #""Env": ["PATH=/usr/bin"], "Cmd": ["run"]"#,
            newHost: Self.empty + logging + #", "SecurityOpt": ["no-new-privileges"], "PidsLimit": 4096"#)
        #expect(lost == (try self.lost()))
        #expect(lost.notes.isEmpty)
    }

    @Test func namesAndNeverValues() throws {
        let lost = try lost(
            config: #"""
                "Env": ["PATH=/bin", "TOKEN=hunter2", "KEPT=x", "EMPTY="], "Cmd": ["--password", "hunter2"],
                "Labels": {"traefik.enable": "hunter2", "com.docker.compose.project": "p",
                           "com.docker.compose.service": "s"}, "User": "1000", "StopTimeout": 60,
                "StopSignal": "SIGQUIT", "Healthcheck": {"Test": ["CMD", "hunter2"]}, "Hostname": "shop", "Tty": true
                """#,
            host: #"""
                "Memory": 536870912, "MemorySwap": 1073741824, "CapAdd": ["NET_ADMIN", "SYS_TIME"],
                "ExtraHosts": ["db:10.0.0.1"], "Privileged": true, "NanoCpus": 1500000000, "Dns": ["10.0.0.2"],
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5},
                "LogConfig": {"Type": "splunk", "Config": {"splunk-token": "hunter2"}}, "PidsLimit": 100,
                "SecurityOpt": ["seccomp={hunter2}"], "Tmpfs": {"/run": "size=1m"}, "ReadonlyRootfs": true,
                "Devices": [{"PathOnHost": "/dev/kvm", "PathInContainer": "/dev/kvm", "CgroupPermissions": "rwm"}],
                "Ulimits": [{"Name": "nofile", "Hard": 1, "Soft": 1}], "Binds": ["/srv:/data"], "Future": "hunter2",
                "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, "IpcMode": "private", "ShmSize": 67108864
                """#, image: #""Env": ["PATH=/bin"]"#, new: #""Env": ["PATH=/bin", "KEPT=x"]"#,
            newHost: Self.empty + #", "CapAdd": ["SYS_TIME"], "PidsLimit": 4096"#)
        #expect(
            lost.named == [
                "environment EMPTY, TOKEN", "labels com.docker.compose.*, traefik.enable", "command", "user 1000",
                "healthcheck", "stop_signal SIGQUIT", "stop_grace_period 60s", "restart on-failure:5", "memory 512m",
                "logging splunk (splunk-token)",
            ])
        #expect(
            lost.others == [
                "--tty", "--cap-add NET_ADMIN", "--device /dev/kvm", "--dns 10.0.0.2", "--add-host db:10.0.0.1",
                "--future", "--cpus", "--pids-limit 100", "--privileged", "--read-only", "--security-opt",
                "--tmpfs /run", "--ulimit nofile", "--hostname shop",
            ])
        #expect(!lost.notes.joined().contains("hunter2"))
        #expect(lost.notes.count == 2)
    }

    @Test func whatTheStepNamesIsItsToSay() throws {
        let config = #""Env": ["A=1"], "Cmd": ["x"], "Labels": {"l": "1"}, "User": "1000", "StopTimeout": 60"#
        let host = #""Memory": 1048576, "MemorySwap": 2097152, "LogConfig": {"Type": "journald", "Config": {}}"#
        let run = ContainerRun(
            command: ["y"], user: "0", labels: ["l": "2"], memory: 1, logging: .init(driver: "local"),
            stopGracePeriod: 5)
        #expect(try lost(config: config, host: host, run, environment: ["A": "2"]).notes == [])
    }
}
