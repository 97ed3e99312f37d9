import type { Running } from './contestants.ts'

/** The values of all series of a name, folded into one. */
export type Metrics = (name: string, fold: (a: number, b: number) => number) => number

/** The server's own metrics, those of one name folded into one number. */
export async function metricsOf({ url }: Running): Promise<Metrics> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return (name, fold) => {
    const found = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`, 'gm'))]
    return found.map(([, value]) => Number(value)).reduce((a, b) => fold(a, b), 0)
  }
}
