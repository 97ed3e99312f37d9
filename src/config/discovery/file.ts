import { printDurationMs } from '../../model/duration.ts'
import { joinDirectory } from '../directory.ts'
import { FieldReader, type Located, problem } from '../field-reader.ts'
import type { ReadContext } from '../read-context.ts'
import { yamlList, yamlMap } from '../yaml-text.ts'
import { readRefreshIntervalMs, sectionOfItems } from './section.ts'

export interface FileDiscoveryConfig {
  readonly mechanism: 'file'
  readonly files: readonly string[]
  readonly refreshIntervalMs: number
}

export const fileSection = sectionOfItems<FileDiscoveryConfig>({
  mechanism: 'file',
  read: readFileDiscovery,
  print: (config) =>
    yamlMap([
      ['files', yamlList(config.files)],
      ['refresh_interval', printDurationMs(config.refreshIntervalMs)],
    ]),
})

const fileName = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/

function readFileDiscovery(at: Located, context: ReadContext): FileDiscoveryConfig {
  const fields = new FieldReader(at, 'file.plain')
  const files = fields.texts('files') ?? []
  const refreshIntervalMs = readRefreshIntervalMs(fields, 300_000)
  fields.end()
  if (files.length === 0) {
    throw problem('file service discovery config must contain at least one path name', at)
  }
  for (const name of files) {
    if (!fileName.test(name)) {
      throw problem(`path name ${JSON.stringify(name)} is not valid for file discovery`, at)
    }
  }
  return {
    mechanism: 'file',
    files: files.map((file) => joinDirectory(context.directory, file)),
    refreshIntervalMs,
  }
}
