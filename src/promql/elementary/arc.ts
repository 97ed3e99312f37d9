import { polynomial } from './polynomial.ts'

const above = [
  -0.8750608600031904, -16.157537187333652, -75.00855792314705, -122.88666844901361,
  -64.85021904942025,
]
const below = [
  1, 24.858464901423062, 165.02700983169885, 432.88106049129027, 485.3903996359137,
  194.5506571482614,
]
const tangentOfThreeEighths = 2.414213562373095
/** What pi / 2 has beyond its double. */
const quarterTurnRest = 6.123233995736766e-17
const halfPi = Math.PI / 2
const threeQuartersPi = 2.356194490192345

export function atan(x: number): number {
  if (x === 0) return x
  return x > 0 ? atanOfPositive(x) : -atanOfPositive(-x)
}

function atanOfPositive(x: number): number {
  if (x <= 0.66) return atanOfSmall(x)
  if (x > tangentOfThreeEighths) return halfPi - atanOfSmall(1 / x) + quarterTurnRest
  return halfPi / 2 + atanOfSmall((x - 1) / (x + 1)) + 0.5 * quarterTurnRest
}

function atanOfSmall(x: number): number {
  const square = x * x
  return x * ((square * polynomial(above, square)) / polynomial(below, square)) + x
}

export function asin(x: number): number {
  if (x === 0) return x
  const size = Math.abs(x)
  if (!(size <= 1)) return Number.NaN
  const other = Math.sqrt(1 - x * x)
  const angle = size > 0.7 ? halfPi - atanOfPositive(other / size) : atanOfPositive(size / other)
  return x < 0 ? -angle : angle
}

export function acos(x: number): number {
  return halfPi - asin(x)
}

/** The angle of the point (x, y). */
export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN
  const sign = y < 0 || Object.is(y, -0) ? -1 : 1
  if (y === 0) return sign * (x > 0 || Object.is(x, 0) ? 0 : Math.PI)
  if (x === 0) return sign * halfPi
  const isEndless = Math.abs(y) === Number.POSITIVE_INFINITY
  if (x === Number.POSITIVE_INFINITY) return sign * (isEndless ? halfPi / 2 : 0)
  if (x === Number.NEGATIVE_INFINITY) return sign * (isEndless ? threeQuartersPi : Math.PI)
  if (isEndless) return sign * halfPi
  const angle = atan(y / x)
  if (x > 0) return angle
  return angle <= 0 ? angle + Math.PI : angle - Math.PI
}
