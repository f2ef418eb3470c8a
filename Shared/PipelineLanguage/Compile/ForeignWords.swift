/// Words of other pipeline formats, and what they are called here.
enum ForeignWords {
    private static let words: [String: String] = [
        "script": "a step's shell lines are called “commands”",
        "run": "a step's shell lines are called “commands”",
        "before_script": "put the lines first among the step's “commands”",
        "after_script": "use a step of its own with “when: {status: [success, failure]}”",
        "needs": "what has to end before is called “depends_on”",
        "requires": "what has to end before is called “depends_on”",
        "dependencies": "what has to end before is called “depends_on”",
        "variables": "variables are called “environment”",
        "env": "variables are called “environment”",
        "only": "conditions are called “when” in a step and “trigger” in a pipeline",
        "except": "conditions are called “when” in a step and “trigger” in a pipeline, with “exclude”",
        "rules": "conditions are called “when” in a step and “trigger” in a pipeline",
        "if": "conditions are called “when” in a step and “trigger” in a pipeline",
        "on": "the condition of a whole pipeline is called “trigger”",
        "allow_failure": "write “failure: ignore”",
        "continue-on-error": "write “failure: ignore”",
        "tags": "the labels a builder must have are called “node”",
        "runs-on": "the labels a builder must have are called “node”",
        "labels": "the labels a builder must have are called “node”",
        "stages": "the order is told by “depends_on”",
        "stage": "the order is told by “depends_on”",
        "jobs": "a job is a document of its own with “kind: pipeline”, or an entry of “steps”",
        "pipeline": "steps are listed under “steps”, each with a “name”",
        "group": "steps that may run at the same time name what they wait for in “depends_on”",
        "secrets": "a secret is a value of “environment” or “settings”: {from_secret: NAME}",
        "extends": "use YAML's anchors and “<<”, or “kind: template”",
        "include": "use YAML's anchors and “<<”, or “kind: template”",
        "uses": "a ready-made step is an “image” with “settings”",
        "with": "what a plugin is told is called “settings”",
        "directory": "the directory of a step is called “working_dir”",
        "working-directory": "the directory of a step is called “working_dir”",
        "parallel": "several variants of a pipeline are made by “matrix”",
        "path": "conditions on changed files are called “paths”",
        "changes": "conditions on changed files are called “paths”",
        "branches": "the condition is called “branch”",
        "events": "the condition is called “event”",
        "options": "the values a parameter may have are called “values”",
        "expire_in": "how long artifacts are kept is called “keep”",
        "helm": "a rollout names its “workload” and “container”; run helm itself in a step with “commands”",
    ]

    /// What to write instead, or `nil` for a word of no other format.
    static func hint(_ word: String, in what: String) -> String? {
        words[word]
    }
}
