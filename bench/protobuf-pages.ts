import { writeFamily } from '../src/wire/family-protobuf.ts'
import { ProtoWriter } from '../src/wire/proto-writer.ts'

const writer = new ProtoWriter(64 * 1024)

/** One delimited family of counters or gauges; its labels are as the text format writes them. */
export function protobufFamily(
  family: {
    readonly name: string
    readonly kind: 'counter' | 'gauge'
    readonly labels: readonly string[]
  },
  values: readonly number[],
): Uint8Array {
  writer.reset()
  const metrics = family.labels.map((labels, series) => ({
    labels: [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    ),
    value: values[series] ?? 0,
  }))
  const help = `What ${family.name} counts on this machine.`
  writeFamily(writer, { name: family.name, help, type: family.kind, metrics }, 'allow-utf-8')
  return writer.copy()
}
