import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { browserIsAbsent, openPage } from './real-browser.ts'
import { hostileJob, hostileText, startScrapingServer } from './scraping-server.ts'

/** Pixels of the chart that have the colour of the legend's line at the index. */
function pixelsOfLine(page: Page, index: number): Promise<number> {
  // Run in the browser, where the types of this project do not reach.
  return page.evaluate<number>(`(() => {
    const text = document.querySelectorAll('[aria-label=Legend] svg line')[${index}]
      .getAttribute('stroke')
    const wanted = [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
    const canvas = document.querySelector('.uplot canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    let found = 0
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] > 200 && wanted.every((part, i) => Math.abs(data[at + i] - part) < 12)) found += 1
    }
    return found
  })()`)
}

function parameterOf(page: Page, name: string): string | null {
  return new URL(page.url()).searchParams.get(name)
}

describe.skipIf(browserIsAbsent)('the page in a real browser', () => {
  it('a query typed with completion is shown as table and as graph, and a drag zooms', async () => {
    const url = await startScrapingServer([hostileJob])
    const page = await openPage(url)
    await page.goto(`${url}/`)

    await page.locator('.cm-content').click()
    await page.keyboard.type('scrape_dur', { delay: 20 })
    const option = page.locator('.cm-tooltip-autocomplete li', {
      hasText: /^scrape_duration_seconds/,
    })
    await option.waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.cm-line').textContent()).toBe('scrape_duration_seconds')
    await page.keyboard.type('{job="narthex"}', { delay: 20 })
    const typed = 'scrape_duration_seconds{job="narthex"}'
    await expect.poll(() => page.locator('.cm-line').textContent()).toBe(typed)
    // Enter alone would take a completion that comes late.
    await page.keyboard.press('Control+Enter')

    const rows = page.locator('[aria-label=Result] tbody tr')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(1)
    expect(await rows.first().locator('th').textContent()).toMatch(
      /^scrape_duration_seconds\{instance="127\.0\.0\.1:\d+", job="narthex"\}$/,
    )
    expect(Number(await rows.first().locator('td').textContent())).toBeGreaterThan(0)

    await page.getByText('Graph', { exact: true }).click()
    await page.getByLabel('Range', { exact: true }).fill('30s')
    await page.keyboard.press('Enter')
    const legend = page.locator('[aria-label=Legend] tbody tr')
    await legend.first().waitFor()
    expect(await legend.count()).toBe(1)
    await expect.poll(() => pixelsOfLine(page, 0)).toBeGreaterThan(20)
    expect(parameterOf(page, 'g0.expr')).toBe(typed)
    expect(parameterOf(page, 'g0.tab')).toBe('graph')
    expect(parameterOf(page, 'g0.range_input')).toBe('30s')

    await drag(page, 0.5, 0.9)
    await expect.poll(() => parameterOf(page, 'g0.range_input')).toBe('12s')
    expect(parameterOf(page, 'g0.end_input')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    await page.goBack()
    await expect.poll(() => parameterOf(page, 'g0.range_input')).toBe('30s')
    expect(parameterOf(page, 'g0.end_input')).toBeNull()
  })

  it('the pointer over a graph reads out time, value and labels, and the legend hides lines', async () => {
    const url = await startScrapingServer([hostileJob])
    const page = await openPage(url)
    await page.goto(`${url}/query?g0.expr=scrape_duration_seconds&g0.tab=0&g0.range_input=20s`)
    const legend = page.locator('[aria-label=Legend] tbody tr')
    await legend.first().waitFor()
    expect(await legend.count()).toBe(2)

    const box = await plotBox(page)
    await page.mouse.move(box.x + box.width * 0.95, box.y + box.height * 0.5)
    const tooltip = page.getByTestId('tooltip')
    await tooltip.waitFor()
    expect(await tooltip.textContent()).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[\d.e-]+.*scrape_duration_seconds.*job(narthex|hostile)/,
    )

    await page.mouse.move(0, 0)
    await expect.poll(() => pixelsOfLine(page, 1)).toBeGreaterThan(10)
    await page.getByLabel('Show series 2').click()
    await expect.poll(() => pixelsOfLine(page, 1)).toBe(0)
    expect(await pixelsOfLine(page, 0)).toBeGreaterThan(10)
  })

  it('a query is explained on demand: its operators and what each of them did', async () => {
    const url = await startScrapingServer([hostileJob])
    const page = await openPage(url)
    await page.goto(`${url}/query?g0.expr=${encodeURIComponent('sum(up) + 1')}`)
    await page.getByRole('button', { name: 'Explain' }).click()
    const rows = page.locator('table', { hasText: 'Looked at' }).locator('tbody tr')
    await rows.first().waitFor()
    expect(await rows.locator('th').allTextContents()).toEqual([
      'binary +',
      'aggregate sum',
      'select #0 {__name__="up"}',
      'number 1',
    ])
    expect(await rows.first().locator('td').first().textContent()).toMatch(/^\d+\.\d\d ms$/)
    await page.getByRole('button', { name: 'Explain' }).click()
    expect(await rows.count()).toBe(0)
  })

  it('every page shows what the server says', async () => {
    const url = await startScrapingServer([hostileJob])
    const page = await openPage(url)
    await page.goto(`${url}/targets`)
    const rows = page.locator('tbody tr', { hasText: 'job=narthex' })
    await rows.first().waitFor()
    expect(await rows.first().textContent()).toContain('up')
    expect(await rows.first().getByRole('link').getAttribute('href')).toBe(`${url}/metrics`)
    await page.getByLabel('Search targets').fill('no such target')
    await page.getByText('No target matches the filter.').waitFor()

    await page.getByRole('link', { name: 'Alerts', exact: true }).click()
    await page
      .getByText('The configuration names no rule files, or none of them has alerts.')
      .waitFor()
    await page.getByRole('link', { name: 'Rules' }).click()
    await page
      .getByText('The configuration names no rule files, or none of them has rules.')
      .waitFor()
    await page.getByRole('link', { name: 'Alertmanagers' }).click()
    await page.getByText('Relabeling has dropped none.').waitFor()
    await page.getByRole('link', { name: 'Status' }).click()
    await page.getByText('Start time').waitFor()
    const most = page.getByRole('region', { name: 'Values by label' }).locator('dt')
    await most.first().waitFor()
    expect(await most.first().textContent()).toBe('__name__')
    await page.getByRole('link', { name: 'Flags' }).click()
    await page.getByText('--storage.tsdb.path', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Configuration' }).click()
    await page.getByText('scrape_configs', { exact: true }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/config')
  })

  it('targets that relabeling has dropped are shown with what was discovered of them', async () => {
    const config = `scrape_configs:
  - job_name: unwanted
    static_configs: [{ targets: ['a:1', 'b:2'], labels: { env: test } }]
    relabel_configs: [{ action: drop, source_labels: [env], regex: test }]
`
    const { url } = await startBuiltServer({ directory: temporaryDirectory(), config })
    const page = await openPage(url)
    await page.goto(`${url}/service-discovery`)
    await page.getByText(/^No target is scraped/).waitFor()
    await page.getByText('2 dropped by relabeling').click()
    const items = page.getByLabel('Dropped of unwanted').locator('li')
    expect(await items.allTextContents()).toEqual([
      expect.stringMatching(/^__address__=a:1.*env=test/),
      expect.stringMatching(/^__address__=b:2.*env=test/),
    ])
    await page.getByLabel('Search targets').fill('b:2')
    await expect.poll(() => items.count()).toBe(1)
  })

  it('what the server tells of itself stands on every page: a failed reload', async () => {
    const directory = temporaryDirectory()
    const server = await startBuiltServer({ directory })
    const page = await openPage(server.url)
    await page.goto(`${server.url}/status`)
    await page.getByText('Start time').waitFor()
    const notice = page.getByText('Configuration reload has failed.')
    expect(await notice.count()).toBe(0)
    writeFileSync(join(directory, 'prometheus.yml'), 'glubal: {}')
    server.signal('SIGHUP')
    await notice.waitFor()
    await page.getByRole('link', { name: 'Flags' }).click()
    await notice.waitFor()
    writeFileSync(join(directory, 'prometheus.yml'), '')
    server.signal('SIGHUP')
    await notice.waitFor({ state: 'detached' })
  })

  it('the theme is chosen in the header and remembered', async () => {
    const url = await startScrapingServer([hostileJob])
    const page = await openPage(url, { colorScheme: 'light' })
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
    await page.goto(`${url}/targets`)
    await expect.poll(scheme).toBe('light')
    await page.getByLabel('Theme: System').click()
    await page.getByRole('menuitem', { name: 'Dark' }).click()
    await expect.poll(scheme).toBe('dark')
    await page.reload()
    await expect.poll(scheme).toBe('dark')
  })

  it('markup in a label value stays text', async () => {
    const url = await startScrapingServer([hostileJob])
    const page = await openPage(url)
    await page.goto(`${url}/query?g0.expr=up&g0.tab=1`)
    await page
      .getByText(`"${hostileText.replaceAll('"', '\\"')}"`)
      .first()
      .waitFor()
    await page.goto(`${url}/targets`)
    await page.getByText(hostileText).first().waitFor()
    expect(await page.title()).toBe('Targets · Narthex')
    expect(await page.locator('img').count()).toBe(0)
  })
})

async function plotBox(page: Page) {
  const box = await page.locator('.u-over').boundingBox()
  if (box === null) throw new Error('no chart')
  return box
}

/** Drags over the chart between two shares of its width. */
async function drag(page: Page, from: number, to: number): Promise<void> {
  const box = await plotBox(page)
  const y = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * from, y)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * to, y, { steps: 6 })
  await page.mouse.up()
}
