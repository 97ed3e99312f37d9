import { angleRestOf } from './huge-angle.ts'
import { polynomial } from './polynomial.ts'

/** From here on an eighth of a turn in three parts is not exact enough. */
const hugeFrom = 2 ** 29
const eighthsOfRadian = 4 / Math.PI
const eighth = [0.7853981256484985, 3.774894707930798e-8, 2.6951514290790595e-15] as const

const sineSeries = [
  1.5896230157654656e-10, -2.5050747762857807e-8, 2.7557313621385722e-6, -0.0001984126982958954,
  0.008333333333322118, -0.1666666666666663,
]
const cosineSeries = [
  -1.1358536521387682e-11, 2.087570084197473e-9, -2.755731417929674e-7, 2.4801587288851704e-5,
  -0.0013888888888873056, 0.041666666666666595,
]
const tangentAbove = [-13093.693918138379, 1153516.6483858742, -17956525.197648488]
const tangentBelow = [
  1, 13681.296347069296, -1320892.3444021097, 25008380.18233579, -53869575.592945464,
]

/** Eighths of a turn, an even number below 8, and what is left of the angle: at most an eighth, either way. */
export interface AngleRest {
  readonly eighths: number
  readonly rest: number
}

function restOf(angle: number): AngleRest {
  if (angle >= hugeFrom) return angleRestOf(angle)
  const whole = Math.floor(angle * eighthsOfRadian)
  const even = whole % 2 === 1 ? whole + 1 : whole
  return {
    eighths: even % 8,
    rest: angle - even * eighth[0] - even * eighth[1] - even * eighth[2],
  }
}

export function sin(angle: number): number {
  if (angle === 0 || Number.isNaN(angle)) return angle
  if (!Number.isFinite(angle)) return Number.NaN
  const { eighths, rest } = restOf(Math.abs(angle))
  const size = eighths % 4 === 2 ? cosineOf(rest) : sineOf(rest)
  return eighths > 3 !== angle < 0 ? -size : size
}

export function cos(angle: number): number {
  if (!Number.isFinite(angle)) return Number.NaN
  const { eighths, rest } = restOf(Math.abs(angle))
  const size = eighths % 4 === 2 ? sineOf(rest) : cosineOf(rest)
  return eighths === 2 || eighths === 4 ? -size : size
}

export function tan(angle: number): number {
  if (angle === 0 || Number.isNaN(angle)) return angle
  if (!Number.isFinite(angle)) return Number.NaN
  const { eighths, rest } = restOf(Math.abs(angle))
  const square = rest * rest
  const quotient = (square * polynomial(tangentAbove, square)) / polynomial(tangentBelow, square)
  const tangent = square > 1e-14 ? rest + rest * quotient : rest
  const size = eighths % 4 === 2 ? -1 / tangent : tangent
  return angle < 0 ? -size : size
}

function sineOf(rest: number): number {
  const square = rest * rest
  return rest + rest * square * polynomial(sineSeries, square)
}

function cosineOf(rest: number): number {
  const square = rest * rest
  return 1 - 0.5 * square + square * square * polynomial(cosineSeries, square)
}
