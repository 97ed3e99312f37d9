import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const config = 'global: { query_log_file: q.log, external_labels: { region: "eu<1>" } }\n'

const libraries: Readonly<Record<string, string>> = {
  'frame.lib': `{{ define "head" }}<!doctype html>
<html><head><title>{{ . }}</title>
<script>var prefix = {{ pathPrefix }}, url = "{{ externalURL }}"</script></head>{{ end }}
{{ define "foot" }}</html>{{ end }}`,
  'cell.lib': '{{ define "cell" }}<td title="{{ . }}">{{ . }}</td>{{ end }}',
  'notes.txt': '{{ no template',
}

const consoles: Readonly<Record<string, string>> = {
  'index.html': `{{ template "head" .Path }}<!-- not shown -->
<h1>{{ $params.name }} in {{ $externalLabels.region }} at {{ $path }}</h1>
<ul>{{ range $rawParams.x }}<li>{{ . }}</li>{{ else }}none{{ end }}</ul>
{{ $rawParams.Get "x" }}|{{ $rawParams.Encode }}|{{ $rawParams }}|{{ $rawParams.none }}|{{ len $params }}
<table>{{ range query "sort(label_replace(vector(2), 'a', '<b>', '', '') or vector(1.5))" }}
<tr>{{ template "cell" .Labels }}{{ tmpl "cell" (. | value | humanize) }}</tr>{{ end }}</table>
<script>var params = {{ $params }}, raw = {{ $rawParams }}, all = {{ . }}, name = "{{ $params.name }}"</script>
<a href="{{ pathPrefix }}{{ graphLink "up{job=\\"x\\"}" }}" onclick="go({{ query "vector(1)" }})">
{{ query "1 + 1" | first | value }}</a><a href="{{ $params.name }}" style="color: {{ $params.x }}">
<a href="/x?q={{ $params.name }}">{{ template "foot" }}`,
  'sub/plain.txt': 'at {{ $path }}: {{ "a-b" | title }} {{ "<i>" | safeHtml }}',
  'feed.xml': '<?xml version="1.0"?><a>{{ $path }}</a>',
  'empty.html': '',
  'bad-query.html': 'a\n{{ query "up[" }}',
  'matrix.html': '{{ query "up[5m]" }}',
  'nothing.html': '{{ query "nothing" | first | value }}',
  'no-field.html': '{{ .Foo.Bar }}',
  'no-template.html': '<p title="{{ template "none" }}">',
  'no-template-by-name.html': '{{ tmpl "none" . }}',
  'open-attribute.html': '<a href="{{ .Path }}',
  'two-contexts.html': '{{ if $params }}<b title="{{ end }}',
  'bare-quote.html': '<b title=a"{{ .Path }}>',
  'no-variable.html': 'a{{ $none }}',
  'open-action.html': '<a href="{{ .Path',
}

const asked: readonly string[] = [
  ...Object.keys(consoles).map((name) => `${name}?name=%3Cb%3E%22x%22%27&x=1&x=2%262&y`),
  'index.html',
  'index.html?name=javascript:alert(1)&x=expression(1)',
  'index.html/',
  'sub%2Fplain.txt?x=1?2',
  'none.html',
  'none.html?a;b',
  'index.html?a=%zz',
  'index.html?a;b',
  'index.html/more',
  'sub',
  '',
]

it.skipIf(peersAreAbsent)(
  'consoles are the pages of the real one: libraries, parameters, queries, escaping, errors',
  async () => {
    const directory = temporaryDirectory()
    for (const [folder, files] of [
      ['l', libraries],
      ['c', consoles],
    ] as const) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(directory, folder, name, '..'), { recursive: true })
        writeFileSync(join(directory, folder, name), text)
      }
    }
    const flags = [
      `--web.console.templates=${join(directory, 'c')}`,
      `--web.console.libraries=${join(directory, 'l')}`,
      '--web.external-url=http://prometheus.example/pre/',
      '--web.route-prefix=/',
    ]
    const [mine, theirs] = [temporaryDirectory(), temporaryDirectory()]
    const ours = await startBuiltServer({ directory: mine, config, flags })
    const real = await startPrometheus(theirs, flags, config)
    const statuses = new Set<number>()
    for (const path of asked) {
      const [found, wanted] = await Promise.all([
        answerOf(ours.url, path),
        answerOf(real.url, path),
      ])
      expect(found, path).toEqual(wanted)
      statuses.add(found.status)
    }
    expect([...statuses].sort()).toEqual([200, 400, 404, 500])
    expect(queriesIn(mine)).toEqual(queriesIn(theirs))
    expect(queriesIn(mine).length).toBeGreaterThan(5)
  },
)

async function answerOf(url: string, path: string) {
  const response = await fetch(`${url}/consoles/${path}`)
  const type = response.headers.get('content-type')
  return { status: response.status, type, text: await response.text() }
}

/** What the query log says of who asked for what. */
function queriesIn(directory: string): readonly string[] {
  const lines = readFileSync(join(directory, 'q.log'), 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => {
    const { httpRequest, ruleGroup, params } = JSON.parse(line)
    return JSON.stringify({ httpRequest, ruleGroup, query: params.query })
  })
}
