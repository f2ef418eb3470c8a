import FoundationEssentials

/// What a test may be told from outside.
enum Environment {
    static func integer(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }
}
