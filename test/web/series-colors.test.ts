import { describe, expect, it } from 'vitest'
import { lineStyleOf, type Scheme, seriesColors } from '../../web/src/series/series-colors.ts'

type Rgb = readonly [number, number, number]
type Matrix = readonly [Rgb, Rgb, Rgb]

const surfaces: Readonly<Record<Scheme, string>> = { light: '#ffffff', dark: '#1c1917' }

/** Complete dichromacy after Machado, Oliveira and Fernandes (2009), on linear sRGB. */
const sights: Readonly<Record<string, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

function linearOf(hex: string): Rgb {
  const part = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [part(1), part(3), part(5)]
}

function dot(a: Rgb, b: Rgb): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

function seen(color: Rgb, sight: Matrix): Rgb {
  const part = (row: Rgb): number => Math.min(1, Math.max(0, dot(row, color)))
  return [part(sight[0]), part(sight[1]), part(sight[2])]
}

/** The OKLab place of a linear colour; distances there are roughly what the eye tells apart. */
function oklab(color: Rgb): Rgb {
  const cones: Rgb = [
    Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], color)),
    Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], color)),
    Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], color)),
  ]
  return [
    dot([0.2104542553, 0.793617785, -0.0040720468], cones),
    dot([1.9779984951, -2.428592205, 0.4505937099], cones),
    dot([0.0259040371, 0.7827717662, -0.808675766], cones),
  ]
}

function luminance(color: Rgb): number {
  return dot([0.2126, 0.7152, 0.0722], color)
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(linearOf(a)), luminance(linearOf(b))].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

describe.each(['light', 'dark'] as const)('the colours of series in the %s theme', (scheme) => {
  const colors = seriesColors[scheme]

  it('stand out from the surface with a contrast of 3 to 1', () => {
    const weak = colors.filter((color) => contrast(color, surfaces[scheme]) < 3)
    expect(weak).toEqual([])
  })

  it.each(Object.entries(sights))('are told apart by %s sight', (_name, sight) => {
    const places = colors.map((color) => oklab(seen(linearOf(color), sight)))
    const close: string[] = []
    places.forEach((a, i) => {
      places.slice(0, i).forEach((b, j) => {
        const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
        if (distance < 0.06) close.push(`${colors[i]} ${colors[j]} ${distance.toFixed(3)}`)
      })
    })
    expect(close).toEqual([])
  })

  it('come again dashed, then dotted, so that thirty lines differ', () => {
    const looks = Array.from({ length: 30 }, (_, i) => JSON.stringify(lineStyleOf(i, scheme)))
    expect(new Set(looks).size).toBe(30)
  })
})
