import PipelineLanguage
import Testing

@testable import Builder

@Suite struct ScriptTests {
    @Test func commandsAreShownBeforeTheyRun() {
        let script = ContainerScript(Step(name: "s", commands: ["echo 'it''s'", "make"]))
        #expect(script.interpreter == ["/bin/sh", "-e"])
        #expect(
            script.text
                == "exec 2>&1\nprintf '%s\\n' '+ echo '\\''it'\\'''\\''s'\\'''\necho 'it''s'\nprintf '%s\\n' '+ make'\nmake\n"
        )
        #expect(ContainerScript(Step(name: "s", commands: ["x"], shell: "bash")).interpreter == ["/bin/bash", "-e"])
    }
}
