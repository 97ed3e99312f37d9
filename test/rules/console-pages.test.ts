import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import type { ConsoleReply, ConsoleRequest } from '../../src/rules/console-contract.ts'
import { ConsolePages } from '../../src/rules/console-pages.ts'
import type { QueryRequest, QueryRunner } from '../../src/storage/query-runner.ts'
import { consoleClient as client } from '../support/console-client.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Consoles over files, by path; `c/` are templates and `l/` libraries. */
class World {
  readonly directory = temporaryDirectory()
  readonly asked: QueryRequest[] = []
  readonly #runner: QueryRunner = {
    run: async (request) => {
      this.asked.push(request)
      return { ok: false, errorType: 'execution', message: 'no queries here' }
    },
  }
  readonly pages = new ConsolePages({
    fs: nodeFileSystem,
    clock: { ...systemClock, wallMs: () => 1_700_000_000_123.4 },
    runner: this.#runner,
    bounds: () => ({ timeoutMs: 60_000, lookbackMs: 1, samplesMax: 1, limit: 0 }),
    folders: { templates: join(this.directory, 'c'), libraries: join(this.directory, 'l') },
    externalUrl: 'http://prometheus.example/pre',
    externalLabels: () => [['region', 'eu<1>']],
  })

  constructor(files: Readonly<Record<string, string>>) {
    for (const folder of ['c', 'l']) mkdirSync(join(this.directory, folder))
    for (const [path, text] of Object.entries(files)) this.write(path, text)
  }

  write(path: string, text: string): void {
    const parts = path.split('/')
    mkdirSync(join(this.directory, ...parts.slice(0, -1)), { recursive: true })
    writeFileSync(join(this.directory, path), text)
  }

  /** Errors without the folder of this test. */
  async ask(path: string, changes: Partial<ConsoleRequest> = {}): Promise<ConsoleReply> {
    const reply = await this.pages.page({
      path,
      parameters: new Map(),
      parametersFault: undefined,
      client,
      signal: new AbortController().signal,
      ...changes,
    })
    return reply.ok ? reply : { ...reply, message: reply.message.replaceAll(this.directory, '') }
  }

  async page(path: string, changes: Partial<ConsoleRequest> = {}): Promise<string> {
    const reply = await this.ask(path, changes)
    return reply.ok ? new TextDecoder().decode(reply.page) : `${reply.kind}: ${reply.message}`
  }
}

describe('a console', () => {
  it('sees its parameters, its path, external labels, the time and the URL of the server', async () => {
    const text =
      '{{$params.a}} {{$rawParams.a}} {{.Params.none}}|{{.RawParams.none}}|{{.RawParams.Get "a"}} ' +
      '{{.RawParams.Has "b"}} {{.RawParams.Encode}} {{$path}} {{$externalLabels.region}} ' +
      '{{now | printf "%.3f"}} {{pathPrefix}} {{externalURL}} {{len $rawParams}}'
    const world = new World({ 'c/a/b.html': text })
    const parameters = new Map([['a', ['1 &', '2']]])
    expect(await world.page('/a/b.html', { parameters })).toBe(
      '1 &amp; [1 &amp; 2] |[]|1 &amp; false a=1&#43;%26&amp;a=2 a/b.html eu&lt;1&gt; ' +
        '1700000000.123 /pre http://prometheus.example/pre 1',
    )
  })

  it('asks its queries in the name of who asks for it, and tells what they fail with', async () => {
    const world = new World({ 'c/x': 'a\n{{query "up"}}' })
    expect(await world.page('/x')).toBe(
      'failed: error executing template __console_/x: template: __console_/x:2:2: ' +
        'executing "__console_/x" at <query "up">: error calling query: no queries here',
    )
    expect(world.asked).toMatchObject([
      {
        queries: ['up'],
        timeMs: 1_700_000_000_123,
        origin: client,
        rowsMax: limits.templateRowsMax,
      },
    ])
  })

  it('uses what the libraries define, as they are when it is asked for', async () => {
    const world = new World({
      'c/x': '<p title="{{template "name" .Path}}">{{template "b.lib"}}',
      'l/a.lib': '{{define "name"}}{{.}} & co{{end}}',
      'l/b.lib': 'b',
      'l/c.txt': '{{ no template',
    })
    expect(await world.page('/x')).toBe('<p title="x & co">b')
    world.write('l/z.lib', '{{define "name"}}{{.}}, too{{end}}')
    expect(await world.page('/x')).toBe('<p title="x, too">b')
    world.write('l/a.lib', '\n{{end}}')
    expect(await world.page('/x')).toBe(
      'failed: error parsing template files for __console_/x: template: a.lib:2: unexpected {{end}}',
    )
  })

  it.each([
    [
      'a{{b}}',
      'error parsing template __console_/x: template: __console_/x:1: function "b" not defined',
    ],
    [
      '<p title="',
      'error executing template __console_/x: html/template:__console_/x: ends in a non-text context: ' +
        '{stateAttr delimDoubleQuote urlPartNone jsCtxRegexp [] attrNone elementNone <nil>}',
    ],
    [
      '{{.Foo}}',
      'error executing template __console_/x: template: __console_/x:1:109: executing "__console_/x" at ' +
        "<.Foo>: can't evaluate field Foo in type struct { RawParams url.Values; Params map[string]string; " +
        'Path string; ExternalLabels map[string]string }',
    ],
  ])('that is %j fails in the words of the real one', async (text, message) => {
    const world = new World({ 'c/x': text })
    expect(await world.ask('/x')).toEqual({ ok: false, kind: 'failed', message })
  })
})

describe('the files of consoles', () => {
  it.each([
    ['/none', 'not found: open /c/none: no such file or directory'],
    ['/x/y', 'not found: file does not exist'],
    ['/a\0b', 'not found: http: invalid or unsafe file path'],
    ['/../secret', 'not found: open /c/secret: no such file or directory'],
    ['/../../../../../etc/passwd', 'not found: open /c/etc/passwd: no such file or directory'],
    ['/sub/../../secret', 'not found: open /c/secret: no such file or directory'],
    ['/', 'failed: read /c: is a directory'],
    ['/sub', 'failed: read /c/sub: is a directory'],
    ['/x/', 'text'],
    ['//x', 'text'],
    [`/${'a'.repeat(300)}`, `not found: open /c/${'a'.repeat(300)}: file name too long`],
  ])('%s: %s', async (path, wanted) => {
    const world = new World({ 'c/x': 'text', 'c/sub/y': 'y', secret: 'secret' })
    expect(await world.page(path)).toBe(wanted)
  })

  it('may be links, as where a cluster keeps them', async () => {
    const world = new World({ 'elsewhere/x': 'linked' })
    symlinkSync(join(world.directory, 'elsewhere', 'x'), join(world.directory, 'c', 'x'))
    expect(await world.page('/x')).toBe('linked')
  })

  it('are looked for before the parameters are judged', async () => {
    const world = new World({ 'c/x': 'text' })
    const broken = { parametersFault: 'invalid URL escape "%zz"' }
    expect(await world.page('/none', broken)).toMatch(/^not found: /)
    expect(await world.page('/x', broken)).toBe('bad parameters: invalid URL escape "%zz"')
  })

  it('are refused where they are too large or too many', async () => {
    const world = new World({ 'c/big': 'x'.repeat(limits.consoleBytesMax + 1), 'c/x': 'text' })
    const [bytes, most] = [limits.consoleBytesMax + 1, limits.consoleBytesMax]
    expect(await world.page('/big')).toBe(`failed: /c/big has ${bytes} bytes, the limit is ${most}`)
    for (let at = 0; at <= limits.consoleLibrariesMax; at++) world.write(`l/${at}.lib`, '')
    expect(await world.page('/x')).toBe(
      `failed: /l has ${limits.consoleLibrariesMax + 1} libraries, the limit is ${limits.consoleLibrariesMax}`,
    )
  })
})
