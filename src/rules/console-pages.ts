import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { ExternalLabels, QueryBounds, QueryRunner } from '../storage/query-runner.ts'
import type { ConsoleReply, ConsoleRequest } from './console-contract.ts'
import { ConsoleFileError, ConsoleFiles } from './console-files.ts'
import { HtmlTemplates } from './html-template/html-templates.ts'
import { RuleQueries } from './rule-queries.ts'
import { urlValues } from './template-parameters.ts'
import { TemplateSyntaxError } from './template-parser.ts'
import { templateQuery } from './template-query.ts'
import type { RunOptions } from './template-run.ts'
import { GoMap, GoRecord, type GoValue } from './template-values.ts'

export interface ConsolePagesOptions {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly runner: QueryRunner
  readonly bounds: () => QueryBounds
  readonly folders: { readonly templates: string; readonly libraries: string }
  readonly externalUrl: string
  readonly externalLabels: () => ExternalLabels
}

/** The variables that every console starts with (row R4.5). */
const definitions =
  '{{$rawParams := .RawParams }}{{$params := .Params}}{{$path := .Path}}{{$externalLabels := .ExternalLabels}}'

const dataType =
  'struct { RawParams url.Values; Params map[string]string; Path string; ExternalLabels map[string]string }'

/** Consoles: templates with queries in them, read and expanded when they are asked for (row A8.5). */
export class ConsolePages {
  readonly #options: ConsolePagesOptions
  readonly #files: ConsoleFiles
  readonly #queries: RuleQueries

  constructor(options: ConsolePagesOptions) {
    this.#options = options
    this.#files = new ConsoleFiles(options.fs, options.folders)
    this.#queries = new RuleQueries(options)
  }

  async page(request: ConsoleRequest): Promise<ConsoleReply> {
    const { path, parametersFault } = request
    try {
      const text = this.#files.template(path)
      if (parametersFault !== undefined) return refused('bad parameters', parametersFault)
      return await this.#expanded(`__console_${path}`, text, request)
    } catch (thrown) {
      if (thrown instanceof ConsoleFileError) {
        return refused(thrown.isMissing ? 'not found' : 'failed', thrown.message)
      }
      if (!(thrown instanceof NarthexError)) throw thrown
      return refused('failed', thrown.message)
    }
  }

  async #expanded(name: string, text: string, request: ConsoleRequest): Promise<ConsoleReply> {
    const libraries = this.#files.libraries()
    let words = `error parsing template ${name}`
    try {
      const templates = new HtmlTemplates({ name, text: definitions + text })
      words = `error parsing template files for ${name}`
      for (const library of libraries) templates.add(library)
      const expansion = await templates.expand(this.#data(request), this.#runOptions(request))
      if (!expansion.ok) return refused('failed', expansion.error)
      return { ok: true, page: new TextEncoder().encode(expansion.text) }
    } catch (thrown) {
      if (!(thrown instanceof TemplateSyntaxError)) throw thrown
      return refused('failed', `${words}: ${thrown.message}`)
    }
  }

  #data({ path, parameters }: ConsoleRequest): GoValue {
    const first = [...parameters].map(([name, [value = '']]) => [name, value] as const)
    return new GoRecord(
      dataType,
      new Map<string, GoValue>([
        ['RawParams', urlValues(parameters)],
        ['Params', new GoMap('string', new Map(first))],
        ['Path', path.replace(/^\/+/, '')],
        ['ExternalLabels', new GoMap('string', new Map(this.#options.externalLabels()))],
      ]),
    )
  }

  #runOptions({ client, signal }: ConsoleRequest): RunOptions {
    const { clock, externalUrl } = this.#options
    const timeMs = Math.floor(clock.wallMs())
    const rowsMax = limits.templateRowsMax
    return {
      clock,
      timeMs,
      externalUrl,
      endMs: clock.monotonicMs() + this.#queries.timeoutMs,
      query: templateQuery((query) =>
        this.#queries.ask({ query, timeMs, rowsMax }, client, signal),
      ),
    }
  }
}

function refused(kind: Exclude<ConsoleReply, { ok: true }>['kind'], message: string): ConsoleReply {
  return { ok: false, kind, message }
}
