/// Whether two secrets are the same, in a time that depends on their lengths alone.
public func constantTimeEquals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    // An array's bytes or a text's are compared where they are, which takes a fraction of asking a collection for each.
    let inPlace = left.withContiguousStorageIfAvailable { left in
        right.withContiguousStorageIfAvailable { right in equals(left, right) }
    }
    return (inPlace ?? nil) ?? equals(left, right)
}

private func equals(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(left, right) { difference |= a ^ b }
    return difference == 0
}
