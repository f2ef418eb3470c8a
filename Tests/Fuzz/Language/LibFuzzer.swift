#if LIBFUZZER
    import Glibc

    /// What libFuzzer calls for every input; its own `main` does the rest. The target is in the environment, because
    /// the command line is libFuzzer's.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        LibFuzzer.target.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }

    enum LibFuzzer {
        static let target: Target = {
            guard let name = getenv("FUZZ_TARGET"), let target = Target(rawValue: String(cString: name)) else {
                print("FUZZ_TARGET is yaml, json, substitution or glob")
                exit(2)
            }
            return target
        }()
    }
#endif
