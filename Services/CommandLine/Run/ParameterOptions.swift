import ArgumentParser

/// Parameters as they are given on the command line.
enum ParameterOptions {
    /// Of equal names the last counts.
    /// - Throws: `ValidationError` for one that is not `name=value`.
    static func values(_ parameters: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for parameter in parameters {
            guard let mark = parameter.firstIndex(of: "="), mark != parameter.startIndex else {
                throw ValidationError("--param \(parameter): write it as name=value.")
            }
            values[String(parameter[..<mark])] = String(parameter[parameter.index(after: mark)...])
        }
        return values
    }
}
