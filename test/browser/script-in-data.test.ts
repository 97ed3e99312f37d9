import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { pageServer } from '../support/page-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { markupPayloads } from './markup-payloads.ts'
import { browserIsAbsent, openPage } from './real-browser.ts'

const quoted = (text: string) => JSON.stringify(text)
const escapedHelp = (text: string) => text.replaceAll('\\', '\\\\')

/** Metric name, help and label name of each page, and the text of the pages that cannot be read. */
async function startTargets(): Promise<string> {
  const { host } = await pageServer((request, response) => {
    const [, kind, at] = (request.url ?? '').split('/')
    const payload = markupPayloads[Number(at)] ?? ''
    response.setHeader('Content-Type', 'text/plain; version=1.0.0; escaping=allow-utf-8')
    const name = quoted(payload)
    response.end(
      kind === 'bad'
        ? `${payload}\n`
        : `# HELP ${name} ${escapedHelp(payload)}\n# TYPE ${name} gauge\n{${name},${name}=${name}} ${at}\n`,
    )
  })
  return host
}

function scrapeConfigs(host: string): readonly object[] {
  return markupPayloads.map((payload, at) => ({
    job_name: payload,
    static_configs: [
      { targets: [host], labels: { __metrics_path__: `/good/${at}`, [payload]: payload } },
      { targets: [host], labels: { __metrics_path__: `/bad/${at}`, note: payload } },
    ],
  }))
}

function ruleGroups(): readonly object[] {
  const texts = (payload: string) => ({ [payload]: payload, note: payload })
  return markupPayloads.map((payload) => ({
    name: payload,
    rules: [
      {
        alert: payload,
        expr: `vector(1) unless up{note=${quoted(`no ${payload}`)}}`,
        labels: texts(payload),
        annotations: { note: payload, summary: `{{ $labels.note }} ${payload}` },
      },
      { record: payload, expr: failing(payload), labels: { note: payload } },
    ],
  }))
}

/** An expression whose error repeats the text. */
function failing(payload: string): string {
  return `label_replace(vector(1), "x", "$1", "y", ${quoted(`(${payload}`)})`
}

async function startHostileServer(): Promise<string> {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'rules.yml'), JSON.stringify({ groups: ruleGroups() }))
  const config = {
    global: {
      scrape_interval: '1s',
      scrape_timeout: '1s',
      evaluation_interval: '1s',
      external_labels: { note: markupPayloads.join(' ') },
    },
    rule_files: [join(directory, 'rules.yml')],
    alerting: {
      alertmanagers: markupPayloads.map((payload) => ({
        path_prefix: `/${payload}`,
        static_configs: [{ targets: ['127.0.0.1:9'], labels: { note: payload } }],
      })),
    },
    scrape_configs: scrapeConfigs(await startTargets()),
  }
  const { url } = await startBuiltServer({
    directory,
    config: JSON.stringify(config),
    flags: [`--web.page-title=${markupPayloads[0]}`],
  })
  await waitUntil('every page is scraped four times and every alert fires', async () => {
    const up = await instant(url, 'sum_over_time(up[1m]) >= 4')
    const alerts = await instant(url, 'ALERTS')
    const both = up.length === markupPayloads.length && alerts.length === markupPayloads.length
    return both ? true : undefined
  })
  return url
}

/** What stands in the page that only markup can have put there. */
function markupIn(page: Page): Promise<readonly string[]> {
  // Run in the browser, where the types of this project do not reach.
  return page.evaluate<readonly string[]>(`(() => {
    const never = 'img,image,iframe,frameset,object,embed,video,audio,source,base,form,portal,' +
      'template,marquee,math,animate,foreignObject,body style,meta[http-equiv],x'
    const found = [...document.querySelectorAll(never)].map((element) => element.outerHTML)
    for (const element of document.querySelectorAll('*')) {
      const own = (url) => new URL(url, location.href).origin === location.origin
      const handlers = element.getAttributeNames().filter((name) => name.startsWith('on'))
      found.push(...handlers.map((name) => element.tagName + ' ' + name))
      const { tagName: tag } = element
      if (tag === 'SCRIPT' && !(element.src !== '' && own(element.src))) found.push(element.outerHTML)
      if (tag === 'LINK' && !own(element.href)) found.push(element.outerHTML)
      if (tag === 'A' && !/^https?:$/.test(element.protocol)) found.push(element.outerHTML)
    }
    return found
  })()`)
}

async function expectNoMarkup(page: Page): Promise<void> {
  expect(await markupIn(page)).toEqual([])
  expect(await page.title()).toMatch(/ · Narthex$/)
}

/** Waits until all payloads have been seen as text over some views of one page. */
async function expectTexts(page: Page, views: readonly (() => Promise<void>)[]): Promise<void> {
  const unseen = new Set(markupPayloads)
  for (const view of views) {
    await view()
    const text = await page.evaluate<string>('document.body.textContent')
    for (const payload of unseen) {
      if (text.includes(payload) || text.includes(quoted(payload).slice(1, -1))) {
        unseen.delete(payload)
      }
    }
    await expectNoMarkup(page)
  }
  expect([...unseen]).toEqual([])
}

const panelsPerPage = 20

/** Opens query panels for all payloads, some at a time, and waits for what each of them shows. */
function panels(page: Page, url: string, query: (payload: string) => string, shown: string) {
  const views: (() => Promise<void>)[] = []
  for (let from = 0; from < markupPayloads.length; from += panelsPerPage) {
    const asked = markupPayloads.slice(from, from + panelsPerPage)
    views.push(async () => {
      const search = new URLSearchParams()
      for (const [at, payload] of asked.entries()) {
        search.set(`g${at}.expr`, query(payload))
        search.set(`g${at}.tab`, '1')
      }
      await page.goto(`${url}/query?${search}`)
      await expect.poll(() => page.locator(shown).count(), { timeout: 20_000 }).toBe(asked.length)
    })
  }
  return views
}

/** The pages of a list, one after the other. */
function pagesOf(page: Page, url: string, first: string) {
  const views = [
    async () => {
      await page.goto(url)
      await page.locator(first).first().waitFor()
    },
  ]
  for (let shown = 10; shown < markupPayloads.length; shown += 10) {
    views.push(() => page.getByRole('button', { name: 'Next' }).click())
  }
  return views
}

describe.skipIf(browserIsAbsent)('markup in data', () => {
  it('of sixty kinds stays text on every page, wherever it comes from', async () => {
    const url = await startHostileServer()
    const page = await openPage(url, {}, /the server responded with a status of 4\d\d/)
    const series = '{job!="",__name__!~"up|scrape_.*"}'

    await expectTexts(page, [
      async () => {
        await page.goto(`${url}/query?g0.expr=${encodeURIComponent(series)}&g0.tab=1`)
        await page.locator('[aria-label=Result] tbody tr').first().waitFor()
      },
    ])
    await expectTexts(page, [
      async () => {
        const graph = `g0.expr=${encodeURIComponent(series)}&g0.tab=0&g0.range_input=20s`
        await page.goto(`${url}/query?${graph}`)
        await page.locator('[aria-label=Legend] tbody tr').first().waitFor()
        const plot = page.locator('.u-over')
        const { width = 0, height = 0 } = (await plot.boundingBox()) ?? {}
        await plot.hover({ position: { x: width * 0.95, y: height / 2 } })
        await page.getByTestId('tooltip').waitFor()
      },
    ])
    await expectTexts(
      page,
      panels(page, url, (payload) => `rate({${quoted(payload)}}[1m])`, 'main [role=note]'),
    )
    await expectTexts(page, panels(page, url, failing, 'main [role=alert]'))
    await expectTexts(page, [
      async () => {
        await page.goto(`${url}/targets`)
        await page.locator('tbody tr').first().waitFor()
      },
    ])
    await expectTexts(page, pagesOf(page, `${url}/rules`, 'article'))
    await expectTexts(page, pagesOf(page, `${url}/alerts`, 'details details'))

    // Where the texts stand escaped, as parts of addresses and of YAML.
    await page.goto(`${url}/alertmanagers`)
    await expect.poll(() => page.locator('main li').count()).toBe(markupPayloads.length)
    await expectNoMarkup(page)
    await page.goto(`${url}/config`)
    await page.getByText('scrape_configs', { exact: true }).waitFor()
    await expectNoMarkup(page)
    await page.goto(`${url}/flags`)
    await page.getByText(markupPayloads[0] ?? '', { exact: true }).waitFor()
    await expectNoMarkup(page)

    // The check itself would see it.
    await page.evaluate(
      `document.body.insertAdjacentHTML('beforeend', '<marquee onx=1></marquee>')`,
    )
    expect(await markupIn(page)).toHaveLength(2)
  }, 120_000)

  it('in a path leads to no other host', async () => {
    const { url } = await startBuiltServer({ directory: temporaryDirectory() })
    for (const payload of markupPayloads) {
      const text = encodeURIComponent(payload)
      for (const path of [`/${text}`, `//markup.invalid/${text}`, `/graph?x=${text}`]) {
        const response = await fetch(`${url}${path}`, { redirect: 'manual' })
        const body = await response.text()
        const location = response.headers.get('location')
        if (location !== null) expect(new URL(location, url).origin).toBe(url)
        expect(body).not.toContain(payload)
      }
    }
  })
})
