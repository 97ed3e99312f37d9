import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NarthexError } from '../../../src/base/errors.ts'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import type { Config } from '../../../src/config/config.ts'
import { type LoadOptions, loadConfig } from '../../../src/config/load.ts'
import type { Area } from '../area.ts'
import { difference, runCase } from '../case-file.ts'

interface File {
  readonly file: string
  readonly expect: 'good' | 'bad'
  readonly error_contains?: readonly string[]
  readonly agent_mode?: boolean
  readonly stage?: string
  readonly facts?: Facts
}

type Texts = Readonly<Record<string, string>>

interface Facts {
  readonly external_labels_when_TEST_unset?: Texts
  readonly external_labels_when_TEST_is_TestValue?: Texts
  readonly translation_strategy?: string
  readonly retry_on_rate_limit?: readonly boolean[]
  readonly validation?: string
  readonly escaping?: string
  readonly chunk_encoding_floats?: string
}

export const config: Area = {
  async run(directory) {
    const { files }: { files: readonly File[] } = JSON.parse(
      readFileSync(join(directory, 'manifest.json'), 'utf8'),
    )
    return files.map((one) => runCase(`manifest.json: ${one.file}`, () => check(directory, one)))
  },
}

/** What is wrong with how the file loads, or undefined; what is not built yet counts as read. */
function check(directory: string, one: File): string | undefined {
  const load = (environment: LoadOptions['environment'] = {}) => {
    const path = join(directory, one.file)
    const options = { allowUnimplemented: true, fs: nodeFileSystem, environment }
    return loadConfig(readFileSync(path, 'utf8'), path, {
      ...options,
      isAgent: one.agent_mode ?? false,
    })
  }
  try {
    const loaded = load()
    if (one.expect === 'bad') return 'it loads'
    return factsFault(one.facts ?? {}, loaded, () => load({ TEST: 'TestValue' }))
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    const message = thrown.message.replaceAll(`${directory}/`, 'testdata/')
    if (one.expect === 'good') return message
    const missing = one.error_contains?.find((words) => !message.includes(words))
    return missing === undefined ? undefined : `${message} has no ${missing}`
  }
}

function factsFault(facts: Facts, loaded: Config, withTest: () => Config): string | undefined {
  const [job] = loaded.scrapeConfigs
  const shown: { readonly [fact in keyof Required<Facts>]: () => unknown } = {
    external_labels_when_TEST_unset: () => Object.fromEntries(loaded.global.externalLabelTexts),
    external_labels_when_TEST_is_TestValue: () =>
      Object.fromEntries(withTest().global.externalLabelTexts),
    translation_strategy: () => loaded.otlp.translationStrategy,
    retry_on_rate_limit: () => loaded.remoteWrite.map(({ queue }) => queue.retryOnRateLimit),
    validation: () => job?.nameScheme,
    escaping: () => job?.escapingScheme,
    chunk_encoding_floats: () => loaded.storage.floatChunks,
  }
  for (const [fact, wanted] of Object.entries(facts)) {
    const show = Object.entries(shown).find(([name]) => name === fact)?.[1]
    if (show === undefined) return `nothing shows the fact ${fact}`
    const fault = difference(show(), wanted)
    if (fault !== undefined) return `${fact}: ${fault}`
  }
  return undefined
}
