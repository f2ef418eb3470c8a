import AMQP
import Testing

struct BrokerConfigurationTests {
    @Test func everyPartOfAURLIsRead() throws {
        let configuration = try BrokerConfiguration(
            url: "amqps://build%40er:p%3Aw%2F@one:5671,[::1]:7000,three/team%2Fa?heartbeat=5&cacertfile=/ca.pem"
                + "&certfile=/c.pem&keyfile=/k.pem&connection_timeout=1500",
            connectionName: "builder")
        #expect(
            configuration.endpoints == [
                Endpoint(host: "one", port: 5671), Endpoint(host: "::1", port: 7000),
                Endpoint(host: "three", port: 5671),
            ])
        #expect(configuration.username == "build@er")
        #expect(configuration.password == "p:w/")
        #expect(configuration.virtualHost == "team/a")
        #expect(configuration.heartbeat == .seconds(5))
        #expect(configuration.connectTimeout == .milliseconds(1500))
        #expect(
            configuration.tls
                == TLSConfiguration(certificateAuthority: "/ca.pem", clientCertificate: "/c.pem", clientKey: "/k.pem"))
    }

    @Test func whatIsMissingHasADefault() throws {
        let configuration = try BrokerConfiguration(url: "amqp://host", connectionName: "x")
        #expect(configuration.endpoints == [Endpoint(host: "host", port: 5672)])
        #expect(configuration.virtualHost == "/")
        #expect(configuration.username == "guest")
        #expect(configuration.tls == nil)
    }

    @Test(arguments: [
        "http://host", "amqp://", "amqp://u:secret@host:port", "amqp://u:secret@host:70000", "amqp://u:sec%zzret@host",
        "amqp://u:secret@a,,b", "amqp://u:secret@host?heartbeat=no", "amqp://u:secret@host?unknown=1",
        "amqp://u:secret@host?cacertfile=/x", "amqp://u:se/cret@host", "amqp://u:secret#@host",
        "amqp://u:x?secret@host", "amqp://u:secret%+1@host", "amqp://u:secret%4@host", "",
    ])
    func whatCannotBeReadIsRefusedWithoutThePassword(url: String) {
        let error = #expect(throws: AMQPError.self) { try BrokerConfiguration(url: url, connectionName: "x") }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func descriptionHasNoPassword() throws {
        let configuration = try BrokerConfiguration(url: "amqp://u:secret@h/v", connectionName: "x")
        #expect("\(configuration)" == "amqp://u@h:5672/v")
        #expect(!String(reflecting: configuration).contains("secret"))
    }
}
