import type { SectionReader } from '../section-reader.ts'
import { mechanismSection } from './mechanism.ts'

/** Rows D4.*: two layouts of nodes below the same paths. */
export const serversetSection = mechanismSection(
  'serverset',
  'zookeeper.plain',
  (fields) => ({ mechanism: 'serverset' as const, ...readFields(fields) }),
  (config) => pathsFault('serverset', config),
)

export const nerveSection = mechanismSection(
  'nerve',
  'zookeeper.plain',
  (fields) => ({ mechanism: 'nerve' as const, ...readFields(fields) }),
  (config) => pathsFault('nerve', config),
)

function readFields(fields: SectionReader) {
  return {
    servers: fields.texts('servers', 'always'),
    paths: fields.texts('paths', 'always'),
    timeoutMs: fields.durationMs('timeout', 10_000),
  }
}

function pathsFault(name: string, config: ReturnType<typeof readFields>): string | undefined {
  if (config.servers.length === 0) {
    return `${name} SD config must contain at least one Zookeeper server`
  }
  if (config.paths.length === 0) return `${name} SD config must contain at least one path`
  const odd = config.paths.find((path) => !path.startsWith('/'))
  return odd === undefined ? undefined : `${name} SD config paths must begin with '/': ${odd}`
}
