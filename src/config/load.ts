import { dirname, resolve } from 'node:path'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { goQuote } from '../model/go-quote.ts'
import { readAlerting } from './alerting-config.ts'
import { type Config, defaultGogc, type GlobalConfig, type ScrapeConfig } from './config.ts'
import { joinDirectory } from './directory.ts'
import { documentProblem, emptySection, FieldReader, type Located } from './field-reader.ts'
import { filesMatching, isGlob } from './glob.ts'
import {
  type EmptyVariable,
  type Environment,
  type GlobalDefaults,
  readGlobal,
} from './global-config.ts'
import { type HttpClientConfig, readHttpConfig } from './http-config.ts'
import { openFault } from './open-fault.ts'
import { readOtlp } from './otlp-config.ts'
import { ConfigProblem, configInvalid, placeText } from './problem.ts'
import { FileContext, type ReadContext } from './read-context.ts'
import { readPastFaults } from './read-past-faults.ts'
import { type RemoteReadConfig, readRemoteRead } from './remote/remote-read.ts'
import { type RemoteWriteConfig, readRemoteWrite } from './remote/remote-write.ts'
import { readScrapeConfig } from './scrape-config.ts'
import { noRetention, type RetentionConfig, readStorage } from './storage-config.ts'
import { readTracing } from './tracing-config.ts'
import { parseYaml, type YamlNode } from './yaml-node.ts'

export interface LoadOptions extends GlobalDefaults {
  /** Notes what is not built yet in Config.notices instead of refusing it. */
  readonly allowUnimplemented?: boolean
  /** For an agent, which has no use for some sections. */
  readonly isAgent?: boolean
  /** For ${NAME} in external_labels; the process' own where absent. */
  readonly environment?: Environment
  /** Told of variables in external_labels that are not set, or empty (row C1.3). */
  readonly emptyVariable?: EmptyVariable
  /** For scrape_config_files; without it the file must not name any. */
  readonly fs?: FileSystem
  /** What is kept where the file has no retention section. */
  readonly retention?: RetentionConfig
  /** How many exemplars are kept where the file has no such section. */
  readonly exemplarsMax?: number | undefined
}

/** A file of --http.config.file. Throws as loadConfig does. */
export function loadHttpConfig(text: string, path: string): HttpClientConfig {
  try {
    return readPastFaults(sectionOf(text), (at) => {
      const fields = new FieldReader(at, 'config.HTTPClientConfig')
      const config = readHttpConfig(fields, contextOf(path, {}, []))
      fields.end()
      return config
    })
  } catch (thrown) {
    throw configInvalid(thrown, path)
  }
}

/**
 * A prometheus.yml as a typed value. Throws NarthexError CONFIG_INVALID with upstream's sentence,
 * file, line and path of keys, or NOT_BUILT_YET for what upstream takes and this version does not.
 */
export function loadConfig(text: string, path: string, options: LoadOptions = {}): Config {
  const notices: string[] = []
  try {
    return readPastFaults(sectionOf(text), (at) => readMain(at, path, options, notices))
  } catch (thrown) {
    throw configInvalid(thrown, path)
  }
}

function readMain(at: Located, path: string, options: LoadOptions, notices: string[]): Config {
  const context = contextOf(path, options, notices)
  const fields = new FieldReader(at, 'config.plain')
  const environment = options.environment ?? process.env
  const global = readGlobal(fields.take('global'), context, environment, options)
  const config = {
    file: path,
    global,
    runtime: { gogc: readGogc(fields.take('runtime'), environment) },
    storage: readStorage(fields.take('storage'), {
      retention: options.retention ?? noRetention,
      exemplarsMax: options.exemplarsMax,
    }),
    alerting: readAlerting(fields.take('alerting'), global.nameScheme, context),
    ruleFiles: readRuleFiles(fields, context),
    scrapeConfigFiles: readFileGlobs(fields, context),
    tracing: readTracing(fields.take('tracing'), context),
    ...readRemotes(fields, global, context),
    otlp: readOtlp(fields.take('otlp'), global.nameScheme, context),
    notices,
  }
  refuseUnbuilt(fields, context)
  const main = readMainJobs(fields, global, context)
  fields.end()
  const scrapeConfigs = [
    ...main,
    ...readExtraFiles(config.scrapeConfigFiles, global, options, notices),
  ]
  checkJobNames(scrapeConfigs)
  const loaded = { ...config, scrapeConfigs }
  const fault = options.isAgent === true ? agentFault(loaded) : undefined
  if (fault !== undefined) throw new NarthexError('CONFIG_INVALID', fault)
  return loaded
}

function contextOf(path: string, options: LoadOptions, notices: string[]): FileContext {
  return new FileContext(path, dirname(path), {
    allowUnimplemented: options.allowUnimplemented ?? false,
    notices,
  })
}

function sectionOf(text: string): Located {
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.configBytesMax) {
    throw new ConfigProblem(`file has ${bytes} bytes, limit ${limits.configBytesMax}`, undefined)
  }
  const node = parseYaml(text)
  return node === undefined ? emptySection : { node, path: '' }
}

interface PlacedJob {
  readonly config: ScrapeConfig
  readonly item: Located
}

function readJobs(
  fields: FieldReader,
  global: GlobalConfig,
  context: ReadContext,
  fromFile: string | undefined,
): readonly PlacedJob[] {
  const read = (item: Located) => ({
    config: readScrapeConfig(item, global, context, fromFile),
    item,
  })
  return fields.list('scrape_configs', '[]*config.ScrapeConfig', read) ?? []
}

function readMainJobs(
  fields: FieldReader,
  global: GlobalConfig,
  context: ReadContext,
): readonly ScrapeConfig[] {
  const names = new Set<string>()
  return readJobs(fields, global, context, undefined).map(({ config, item }) => {
    if (names.has(config.jobName)) {
      const name = goQuote(config.jobName)
      throw documentProblem(`found multiple scrape configs with job name ${name}`, item)
    }
    names.add(config.jobName)
    return config
  })
}

/** Files of scrape_config_files hold a scrape_configs list and nothing else (row C3.21). */
function readExtraFiles(
  globs: readonly string[],
  global: GlobalConfig,
  options: LoadOptions,
  notices: string[],
): readonly ScrapeConfig[] {
  const { fs } = options
  if (fs === undefined) return []
  return globs
    .flatMap((glob) => filesMatching(fs, glob))
    .flatMap((file) => {
      const text = extraText(fs, file)
      try {
        return readPastFaults(sectionOf(text), (at) => {
          const fields = new FieldReader(at, 'config.ScrapeConfigs')
          const jobs = readJobs(fields, global, contextOf(file, options, notices), file)
          fields.end()
          return jobs.map(({ config }) => config)
        })
      } catch (thrown) {
        if (!(thrown instanceof ConfigProblem)) throw thrown
        throw extraFileInvalid(file, `${thrown.message}${placeText(file, thrown.place)}`, thrown)
      }
    })
}

function extraText(fs: FileSystem, file: string): string {
  try {
    return new TextDecoder().decode(fs.readFile(file))
  } catch (thrown) {
    throw extraFileInvalid(file, openFault(thrown, file), thrown)
  }
}

function extraFileInvalid(file: string, words: string, cause?: unknown): NarthexError {
  const message = `error loading scrape configs: ${goQuote(resolve(file))}: ${words}`
  return new NarthexError('CONFIG_INVALID', message, { cause })
}

/** The main file's own differ already. */
function checkJobNames(configs: readonly ScrapeConfig[]): void {
  const files = new Map<string, string>()
  for (const { jobName, fromFile } of configs) {
    const first = files.get(jobName)
    if (first !== undefined && fromFile !== undefined) {
      const words = `found multiple scrape configs with job name ${goQuote(jobName)}`
      throw extraFileInvalid(fromFile, `${words}, first found in ${first}`)
    }
    const file = fromFile === undefined ? 'main config file' : goQuote(resolve(fromFile))
    files.set(jobName, file)
  }
}

/** A glob may have its star in the last part of the path only (row C1.5). */
const globPath = /^[^*]*(?:\*[^/]*)?$/

function readFileGlobs(fields: FieldReader, context: ReadContext): readonly string[] {
  const at = fields.take('scrape_config_files')
  return (fields.texts('scrape_config_files') ?? []).map((glob) => {
    if (!globPath.test(glob)) {
      throw documentProblem(
        `invalid scrape config file path ${JSON.stringify(glob)}`,
        at ?? fields.at,
      )
    }
    if (!isGlob(glob)) {
      const words = `error retrieving scrape config files for ${goQuote(glob)}`
      throw documentProblem(`${words}: syntax error in pattern`, at ?? fields.at)
    }
    return joinDirectory(context.directory, glob)
  })
}

function readRuleFiles(fields: FieldReader, context: ReadContext): readonly string[] {
  const at = fields.take('rule_files')
  const files = fields.texts('rule_files') ?? []
  for (const file of files) {
    if (!globPath.test(file)) {
      throw documentProblem(`invalid rule file path ${JSON.stringify(file)}`, at ?? fields.at)
    }
  }
  return files.map((file) => joinDirectory(context.directory, file))
}

interface RemoteSections {
  readonly remoteWrite: readonly RemoteWriteConfig[]
  readonly remoteRead: readonly RemoteReadConfig[]
}

function readRemotes(
  fields: FieldReader,
  global: GlobalConfig,
  context: ReadContext,
): RemoteSections {
  const write = (item: Located) => ({
    item,
    config: readRemoteWrite(item, global.nameScheme, context),
  })
  const read = (item: Located) => ({ item, config: readRemoteRead(item, context) })
  const writes = fields.list('remote_write', '[]*config.RemoteWriteConfig', write) ?? []
  const reads = fields.list('remote_read', '[]*config.RemoteReadConfig', read) ?? []
  checkRemoteNames(writes, 'write')
  checkRemoteNames(reads, 'read')
  return {
    remoteWrite: writes.map(({ config }) => config),
    remoteRead: reads.map(({ config }) => config),
  }
}

/** Upstream names the ones without a name after their content, so that they may not be equal. */
function checkRemoteNames(
  remotes: readonly { readonly item: Located; readonly config: { readonly name: string } }[],
  kind: string,
): void {
  const names = new Set<string>()
  for (const { item, config } of remotes) {
    if (config.name !== '' && names.has(config.name)) {
      const name = goQuote(config.name)
      throw documentProblem(`found multiple remote ${kind} configs with job name ${name}`, item)
    }
    names.add(config.name)
  }
}

/** Sections that are read and checked, and whose work this version cannot do yet. */
const unbuiltSections = ['remote_write', 'remote_read', 'otlp']

function refuseUnbuilt(fields: FieldReader, context: ReadContext): void {
  for (const key of unbuiltSections) {
    const field = fields.take(key)
    if (field !== undefined && !isEmptySection(field.node)) context.notBuilt(key, field)
  }
}

function isEmptySection(node: YamlNode): boolean {
  if (node.kind === 'scalar') return false
  return node.kind === 'list' ? node.items.length === 0 : node.entries.length === 0
}

/** What an agent has no use for (row C1.9). */
function agentFault(config: Config): string | undefined {
  const { alertmanagers, alertRelabelRules } = config.alerting
  const isGiven = {
    alerting: alertmanagers.length > 0 || alertRelabelRules.length > 0,
    rule_files: config.ruleFiles.length > 0,
    remote_read: config.remoteRead.length > 0,
  }
  const key = Object.entries(isGiven).find(([, given]) => given)?.[0]
  return key === undefined ? undefined : `field ${key} is not allowed in agent mode`
}

/** Go's percentage, which upstream takes from the environment where the file has none. */
function readGogc(at: Located | undefined, environment: Environment): number {
  const fields = new FieldReader(at ?? emptySection, 'config.RuntimeConfig')
  const given = fields.integer('gogc', 'int')
  fields.end()
  const inherited = environment.GOGC ?? ''
  if (given !== 0) return given
  if (inherited.toLowerCase() === 'off') return -1
  return /^[-+]?\d+$/.test(inherited) ? Number(inherited) : defaultGogc
}
