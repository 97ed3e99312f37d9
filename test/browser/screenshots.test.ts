import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { instant } from '../support/api-client.ts'
import { freePort } from '../support/free-port.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { RealProcess } from '../support/real-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'
import { browserIsAbsent, openPage } from './real-browser.ts'
import { type ScrapeJob, startScrapingServer } from './scraping-server.ts'

/** NARTHEX_SCREENSHOTS=docs/screenshots writes the pictures of the documentation, after minutes of data. */
const directory = process.env.NARTHEX_SCREENSHOTS
const dataSeconds = directory === undefined ? 8 : 300
const bytesMax = 300_000

const busy = 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[15s]))'

describe.skipIf(browserIsAbsent || peersAreAbsent)('screenshots', () => {
  it(
    'of queries and targets are drawn from real data in both themes',
    async () => {
      const target = directory ?? temporaryDirectory()
      mkdirSync(target, { recursive: true })
      const url = await startScrapingServer([
        await startNodeExporter(),
        { job: 'api', address: `127.0.0.1:${await freePort()}`, labels: { env: 'staging' } },
      ])
      const enough = `count_over_time(up{job="node"}[1h]) >= ${dataSeconds}`
      await waitUntil(
        'the exporter has been scraped for long enough',
        async () => ((await instant(url, enough)).length > 0 ? true : undefined),
        (dataSeconds + 60) * 1000,
      )
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await openPage(url, { colorScheme, viewport: { width: 1280, height: 1040 } })
        await showQueries(page, url)
        await picture(page, join(target, `query-${colorScheme}.png`))
        await page.setViewportSize({ width: 1280, height: 620 })
        await page.goto(`${url}/targets`)
        await page.locator('tbody tr', { hasText: 'job=node' }).first().waitFor()
        await picture(page, join(target, `targets-${colorScheme}.png`))
      }
    },
    (dataSeconds + 120) * 1000,
  )
})

async function startNodeExporter(): Promise<ScrapeJob> {
  const address = `127.0.0.1:${await freePort()}`
  const exporter = new RealProcess(
    peer('node_exporter'),
    [`--web.listen-address=${address}`],
    `http://${address}`,
  )
  onTestFinished(async () => {
    await exporter.stop('SIGKILL')
  })
  await exporter.ready('/metrics')
  return { job: 'node', address, labels: { env: 'production' } }
}

async function showQueries(page: Page, url: string): Promise<void> {
  const search = new URLSearchParams({
    'g0.expr': busy,
    'g0.tab': 'graph',
    'g0.range_input': `${dataSeconds}s`,
    'g0.display_mode': 'stacked',
    'g1.expr': 'topk(5, scrape_samples_scraped)',
    'g1.tab': 'table',
  })
  await page.goto(`${url}/query?${search}`)
  await page.locator('[aria-label=Legend] tbody tr').first().waitFor()
  await page.locator('[aria-label=Result] tbody tr').first().waitFor()
  const box = await page.locator('.u-over').first().boundingBox()
  if (box === null) throw new Error('no chart')
  await page.mouse.move(box.x + box.width * 0.62, box.y + box.height * 0.5)
  await page.getByTestId('tooltip').waitFor()
}

async function picture(page: Page, path: string): Promise<void> {
  await page.screenshot({ path })
  expect(statSync(path).size).toBeLessThan(bytesMax)
}
