import Glibc
import PipelineLanguage

/// Feeds the pipeline language with documents nobody would write: `language-fuzzer TARGET SECONDS CORPUS…`. The target
/// is yaml, json, substitution or glob; the corpus are files to begin with. It ends with 1 if an input takes longer
/// than two seconds or the memory grows beyond a gigabyte; a crash ends it by itself, and the input is then in
/// `fuzz-input`.
///
/// Built with `-sanitize=fuzzer` and `-DLIBFUZZER` (`Tests/fuzz-language`) libFuzzer makes the inputs, guided by
/// coverage, and this is not used.
#if !LIBFUZZER
    @main
#endif
enum Main {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3, let target = Target(rawValue: arguments[1]), let seconds = Int(arguments[2]) else {
            print("language-fuzzer yaml|json|substitution|glob SECONDS CORPUS…")
            exit(2)
        }
        var generator = Generator(corpus: arguments.dropFirst(3).compactMap(File.read))
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(seconds))
        var count = 0
        var slowest = Duration.zero
        while clock.now < end {
            let input = generator.next(for: target)
            File.write(input, to: "fuzz-input")
            let elapsed = clock.measure { target.feed(input) }
            count += 1
            slowest = max(slowest, elapsed)
            guard elapsed < .seconds(2), File.memory < 1 << 30 else {
                print(
                    "\(target): an input of \(input.count) bytes takes \(elapsed), memory \(File.memory); see fuzz-input"
                )
                exit(1)
            }
        }
        print(
            "\(target): \(count) inputs in \(seconds) s, the slowest \(slowest), peak memory \(File.memory >> 20) MiB"
        )
    }
}
