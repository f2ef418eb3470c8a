import Testing

@testable import Builder

@Suite struct ContainerLimitsTests {
    @Test func memoryIsWhatTheStepAsksForAndNeverMoreThanTheBuilderAllows() {
        func memory(_ wanted: Int64?, _ swap: Int64?, most: Int64?) -> [Int64?] {
            let memory = ContainerMemory(wanted, swap: swap, most: most)
            return [memory.limit, memory.withSwap]
        }
        #expect(memory(nil, nil, most: nil) == [nil, nil])
        #expect(memory(9, -1, most: nil) == [9, -1])
        #expect(memory(nil, nil, most: 8) == [8, nil])
        #expect(memory(4, 6, most: 8) == [4, 6])
        #expect(memory(9, 10, most: 8) == [8, 8])
        #expect(memory(4, -1, most: 8) == [4, 8])
        #expect(memory(nil, 6, most: 8) == [6, 6])
        #expect(memory(nil, 9, most: 8) == [8, 8])
        #expect(ContainerMemory(4, swap: 6, most: 8).remark == nil)
        #expect(ContainerMemory(4, swap: -1, most: 8).remark?.contains("unlimited swap") == true)
        #expect(ContainerMemory(3 << 30, swap: nil, most: 2 << 30).remark?.contains("3072 MiB") == true)
    }

    @Test func capabilitiesHaveTwoNames() {
        #expect(ContainerLimits().drops("NET_RAW"))
        #expect(!ContainerLimits().drops("CHOWN"))
        #expect(ContainerLimits(dropped: ["cap_chown"]).drops("CHOWN"))
        #expect(ContainerLimits(dropped: ["all"]).drops("CHOWN"))
        #expect(!ContainerLimits(dropped: ["ALL"]).writesAnywhere("root"))
        #expect(ContainerLimits().writesAnywhere("0:5"))
    }
}
