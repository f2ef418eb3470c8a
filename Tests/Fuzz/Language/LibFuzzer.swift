#if LIBFUZZER
    import Glibc

    /// libFuzzer's own door for programs that have a `main` (`FuzzerInterface.h`).
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<Int32>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
        _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    ) -> Int32

    enum LibFuzzer {
        static func run(_ target: Target, seconds: Int, corpus: [String]) {
            let limits = ["-max_total_time=\(seconds)", "-timeout=5", "-rss_limit_mb=2048", "-max_len=65536"]
            var arguments = (["language-fuzzer"] + limits + corpus).map { strdup($0) } + [nil]
            var count = Int32(arguments.count - 1)
            let result = arguments.withUnsafeMutableBufferPointer { buffer -> Int32 in
                guard var base = buffer.baseAddress else { return 2 }
                return runDriver(&count, &base, body(of: target))
            }
            exit(result)
        }

        /// A C function has no context, so every target has its own.
        private static func body(of target: Target) -> @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32 {
            switch target {
            case .yaml: { feed(.yaml, $0, $1) }
            case .json: { feed(.json, $0, $1) }
            case .substitution: { feed(.substitution, $0, $1) }
            case .glob: { feed(.glob, $0, $1) }
            }
        }

        private static func feed(_ target: Target, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
            target.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
            return 0
        }
    }
#endif
