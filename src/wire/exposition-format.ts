import type { ExpositionKind } from '../model/exposition-kind.ts'
import type { EscapingScheme } from '../model/name-escaping.ts'

/** What a page of metrics is written in. */
export interface ExpositionFormat {
  readonly kind: ExpositionKind
  readonly escaping: EscapingScheme
}

interface Accepted {
  readonly media: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

const protobufMedia = 'application/vnd.google.protobuf'
const familyProto = 'io.prometheus.client.MetricFamily'
const encodings: ReadonlyMap<string, ExpositionKind> = new Map([
  ['delimited', 'protobuf'],
  ['text', 'prototext'],
  ['compact-text', 'compact prototext'],
])
const schemes: readonly EscapingScheme[] = ['allow-utf-8', 'underscores', 'dots', 'values']

/**
 * The format for an Accept header, as upstream negotiates it: protobuf or text, whichever is wanted
 * more, and text for everybody else. OpenMetrics only for who takes nothing else.
 */
export function negotiatedFormat(accept: string): ExpositionFormat {
  const accepted = acceptedOf(accept)
  let escaping: EscapingScheme = 'underscores'
  for (const { media, parameters } of accepted) {
    const wanted = schemes.find((scheme) => scheme === parameters.get('escaping'))
    if (wanted !== undefined) escaping = wanted
    const isFamily = parameters.get('proto') === familyProto
    const encoded = encodings.get(parameters.get('encoding') ?? '')
    if (media === protobufMedia && isFamily && encoded !== undefined) {
      return { kind: encoded, escaping }
    }
    const version = parameters.get('version') ?? ''
    if (media === 'text/plain' && (version === '' || version === '0.0.4')) {
      return { kind: 'text', escaping }
    }
  }
  const only = accepted.length > 0
  const isOpen = only && accepted.every(({ media }) => media === 'application/openmetrics-text')
  return { kind: isOpen ? 'openmetrics' : 'text', escaping }
}

export function contentTypeOf({ kind, escaping }: ExpositionFormat): string {
  const family = `${protobufMedia}; proto=${familyProto}; encoding=`
  const types = {
    text: 'text/plain; version=0.0.4; charset=utf-8',
    openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    protobuf: `${family}delimited`,
    prototext: `${family}text`,
    'compact prototext': `${family}compact-text`,
  }
  return `${types[kind]}; escaping=${escaping}`
}

/** The most wanted first; what is wanted equally stays in its order. */
function acceptedOf(accept: string): readonly Accepted[] {
  return accept
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [media = '', ...rest] = part.split(';').map((piece) => piece.trim())
      const parameters = new Map(
        rest.map((pair): [string, string] => {
          const equals = pair.indexOf('=')
          return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
        }),
      )
      const quality = Number(parameters.get('q') ?? '1')
      return { media, parameters, quality: Number.isNaN(quality) ? 1 : quality }
    })
    .sort((a, b) => b.quality - a.quality)
}
