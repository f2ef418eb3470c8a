extension Int64 {
    /// The quotient rounded down, where `/` rounds towards zero.
    func flooringQuotient(_ divisor: Int64) -> Int64 { (self - flooringRemainder(divisor)) / divisor }

    /// The remainder of that, which is never negative.
    func flooringRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
