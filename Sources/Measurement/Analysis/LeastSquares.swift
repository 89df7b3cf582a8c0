import Glibc

/// Levenberg and Marquardt's damped least squares for a handful of parameters.
enum LeastSquares {
    struct Fit {
        var parameters: [Double]
        var residualSquares: Double
        /// Inverse of JᵀJ over the free parameters; nil when singular.
        var inverse: [[Double]]?
    }

    /// Minimises Σ (y − f(x, θ))² from `start`. `model` gives f and its gradient by θ.
    static func fit(
        _ x: [Double],
        _ y: [Double],
        from start: [Double],
        model: (_ x: Double, _ parameters: [Double]) -> (value: Double, gradient: [Double])
    ) -> Fit {
        let k = start.count
        var theta = start
        var damping = 1e-3
        var squares = residuals(x, y, theta, model)
        for _ in 0..<500 {
            let (normal, slope) = equations(x, y, theta, model, k)
            var improved = false
            var change = 0.0
            while damping < 1e16 {
                var damped = normal
                for i in 0..<k { damped[i][i] += damping * max(normal[i][i], 1e-300) }
                guard let step = solve(damped, slope) else {
                    damping *= 10
                    continue
                }
                let next = zip(theta, step).map { $0 + $1 }
                let nextSquares = residuals(x, y, next, model)
                if nextSquares <= squares {
                    change = zip(step, next).map { abs($0) / max(abs($1), 1e-12) }.max() ?? 0
                    improved = nextSquares < squares || change > 0
                    theta = next
                    squares = nextSquares
                    damping = max(damping / 10, 1e-15)
                    break
                }
                damping *= 10
            }
            if !improved || change < 1e-13 { break }
        }
        let (normal, _) = equations(x, y, theta, model, k)
        return Fit(parameters: theta, residualSquares: squares, inverse: inverse(normal))
    }

    private static func residuals(
        _ x: [Double],
        _ y: [Double],
        _ theta: [Double],
        _ model: (Double, [Double]) -> (value: Double, gradient: [Double])
    ) -> Double {
        var sum = 0.0
        for i in x.indices {
            let r = y[i] - model(x[i], theta).value
            sum += r * r
        }
        return sum.isFinite ? sum : .infinity
    }

    private static func equations(
        _ x: [Double],
        _ y: [Double],
        _ theta: [Double],
        _ model: (Double, [Double]) -> (value: Double, gradient: [Double]),
        _ k: Int
    ) -> (normal: [[Double]], slope: [Double]) {
        var normal = [[Double]](repeating: [Double](repeating: 0, count: k), count: k)
        var slope = [Double](repeating: 0, count: k)
        for i in x.indices {
            let (value, gradient) = model(x[i], theta)
            for a in 0..<k {
                slope[a] += gradient[a] * (y[i] - value)
                for b in 0..<k { normal[a][b] += gradient[a] * gradient[b] }
            }
        }
        return (normal, slope)
    }

    /// Gauss with row exchanges, after scaling by the diagonal; nil when singular.
    static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
        let k = right.count
        let scale = (0..<k).map { matrix[$0][$0] > 0 ? 1 / matrix[$0][$0].squareRoot() : 1 }
        var rows = (0..<k).map { i in (0..<k).map { matrix[i][$0] * scale[i] * scale[$0] } + [right[i] * scale[i]] }
        for column in 0..<k {
            guard let pivot = (column..<k).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
                abs(rows[pivot][column]) > 1e-14
            else { return nil }
            rows.swapAt(column, pivot)
            for row in (column + 1)..<max(k, column + 1) {
                let factor = rows[row][column] / rows[column][column]
                for c in column...k { rows[row][c] -= factor * rows[column][c] }
            }
        }
        var solution = [Double](repeating: 0, count: k)
        for row in stride(from: k - 1, through: 0, by: -1) {
            var value = rows[row][k]
            for c in (row + 1)..<max(k, row + 1) { value -= rows[row][c] * solution[c] }
            solution[row] = value / rows[row][row]
        }
        return zip(solution, scale).map { $0 * $1 }
    }

    private static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
        let k = matrix.count
        var columns: [[Double]] = []
        for column in 0..<k {
            guard let solved = solve(matrix, (0..<k).map { $0 == column ? 1 : 0 }) else { return nil }
            columns.append(solved)
        }
        return (0..<k).map { row in (0..<k).map { columns[$0][row] } }
    }
}
