public import Contracts

/// The JSON Schema (draft 2020-12) of everything the compiler reads as JSON: the compiled process, the fuller form and
/// the bare array of steps. YAML that is written without Drone's several documents is described as well.
public enum ProcessSchema {
    public static let identifier = "https://slipway.dev/schema/process-1.json"

    /// The schema.
    public static var document: JSONValue {
        [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": .string(identifier),
            "title": "Slipway process",
            "description": "A pipeline: what a file compiles to, and what a process component is.",
            "oneOf": [
                array(of: reference("step"), "The shortest form: nothing but the steps.", minimum: 1),
                reference("process"),
                reference("component"),
            ],
            "$defs": .object(definitions),
        ]
    }

    /// The types by name.
    static var definitions: [String: JSONValue] {
        [
            "process": process, "component": component, "stage": stage, "step": step, "service": service,
            "parameter": parameter, "environmentRule": environmentRule, "externalSecret": externalSecret,
            "condition": condition, "matcher": matcher, "platform": platform, "clone": clone,
            "workspace": workspace, "volume": volume, "mount": mount, "build": build, "deploy": deploy,
            "run": containerRun, "probe": probe, "retry": retry, "cache": cache, "artifacts": artifacts,
            "concurrency": concurrency, "matrix": matrix, "value": value, "secret": secret, "setting": setting,
            "texts": texts, "scalar": scalar, "duration": duration, "size": size,
        ]
    }

    // MARK: Words to write schemas with

    static func reference(_ name: String) -> JSONValue { .object(["$ref": .string("#/$defs/\(name)")]) }

    static func reference(_ name: String, _ description: String) -> JSONValue {
        .object(["$ref": .string("#/$defs/\(name)"), "description": .string(description)])
    }

    static func text(_ description: String) -> JSONValue {
        .object(["type": "string", "description": .string(description)])
    }

    static func name(_ description: String) -> JSONValue {
        .object(["type": "string", "minLength": 1, "maxLength": 256, "description": .string(description)])
    }

    static func bool(_ description: String, standard: Bool = false) -> JSONValue {
        .object(["type": "boolean", "default": .bool(standard), "description": .string(description)])
    }

    static func integer(_ description: String, from minimum: Int64, to maximum: Int64) -> JSONValue {
        .object([
            "type": "integer", "minimum": .integer(minimum), "maximum": .integer(maximum),
            "description": .string(description),
        ])
    }

    static func words(_ words: [String], _ description: String) -> JSONValue {
        .object(["enum": .array(words.map(JSONValue.string)), "description": .string(description)])
    }

    static func array(of items: JSONValue, _ description: String, minimum: Int64 = 0) -> JSONValue {
        .object(["type": "array", "items": items, "minItems": .integer(minimum), "description": .string(description)])
    }

    static func map(of values: JSONValue, _ description: String) -> JSONValue {
        .object(["type": "object", "additionalProperties": values, "description": .string(description)])
    }

    static func any(of alternatives: [JSONValue], _ description: String) -> JSONValue {
        .object(["anyOf": .array(alternatives), "description": .string(description)])
    }

    /// An object with these fields and no others.
    static func object(
        _ properties: [String: JSONValue], required: [String] = [], _ description: String
    ) -> JSONValue {
        .object([
            "type": "object", "properties": .object(properties), "additionalProperties": false,
            "required": .array(required.map(JSONValue.string)), "description": .string(description),
        ])
    }
}
