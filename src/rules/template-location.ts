import type { FileSystem } from '../base/file-system.ts'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { ZoneAt } from '../model/zone-at.ts'
import { ZoneFile } from '../model/zone-file.ts'

interface NamedZone {
  readonly name: string
  at(unixSeconds: number): ZoneAt
}

/** Go's time.Location: where a time is shown. */
export class GoLocation {
  readonly #read: () => NamedZone
  #zone: NamedZone | undefined

  /** The zone is read when it is first asked for. */
  constructor(read: () => NamedZone) {
    this.#read = read
  }

  get name(): string {
    return this.#known().name
  }

  at(unixSeconds: number): ZoneAt {
    return this.#known().at(unixSeconds)
  }

  #known(): NamedZone {
    this.#zone ??= this.#read()
    return this.#zone
  }
}

function fixedZone(name: string, abbreviation: string, offsetSeconds: number): NamedZone {
  const zone = { abbreviation, offsetSeconds, isDst: false }
  return { name, at: () => zone }
}

const utcZone = fixedZone('UTC', 'UTC', 0)

export const utcLocation = new GoLocation(() => utcZone)

/** Of the host. */
export const localLocation = new GoLocation(() => hostZone(process.env.TZ, nodeFileSystem))

/** A zone that is known by its offset only. */
export function fixedLocation(offsetSeconds: number): GoLocation {
  const zone = fixedZone('', '', offsetSeconds)
  return new GoLocation(() => zone)
}

const localTimeFile = '/etc/localtime'
const zoneFolders = [
  '/usr/share/zoneinfo/',
  '/usr/share/lib/zoneinfo/',
  '/usr/lib/locale/TZ/',
  '/etc/zoneinfo/',
]

/** As Go finds it: by TZ, a file or the name of a zone, or where there is none /etc/localtime; else UTC. */
export function hostZone(
  tz: string | undefined,
  fs: Pick<FileSystem, 'stat' | 'readFile'>,
): NamedZone {
  if (tz === undefined) return zoneIn(localTimeFile, 'Local', fs) ?? utcZone
  const name = tz.replace(/^:/, '')
  if (name.startsWith('/')) {
    return zoneIn(name, name === localTimeFile ? 'Local' : name, fs) ?? utcZone
  }
  if (name === '' || name === 'UTC' || name.includes('..')) return utcZone
  for (const folder of zoneFolders) {
    const zone = zoneIn(`${folder}${name}`, name, fs)
    if (zone !== undefined) return zone
  }
  return utcZone
}

function zoneIn(
  path: string,
  name: string,
  fs: Pick<FileSystem, 'stat' | 'readFile'>,
): NamedZone | undefined {
  if (fs.stat(path)?.kind !== 'file') return undefined
  const file = ZoneFile.parse(fs.readFile(path))
  return file && { name, at: (unixSeconds) => file.at(unixSeconds) }
}
