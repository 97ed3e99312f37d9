import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

const executablePath = process.env.NARTHEX_CHROMIUM

/** True, and said loudly, when a test has to be skipped for want of a browser. */
export const browserIsAbsent = absent()

function absent(): boolean {
  if (executablePath !== undefined) return false
  console.log('SKIPPED: NARTHEX_CHROMIUM is not set, so the page is not tested in a browser here')
  return true
}

/**
 * A page of a fresh browser that may talk to `url` only. When the test ends, nothing may have been
 * written to the console as an error (other than `expected`), thrown, or asked of any other host.
 */
export async function openPage(
  url: string,
  options: BrowserContextOptions = {},
  expected?: RegExp,
): Promise<Page> {
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 }, ...options })
  const faults: string[] = []
  page.on('pageerror', (thrown) => faults.push(`thrown: ${thrown.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error' && expected?.test(message.text()) !== true)
      faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) faults.push(`foreign request: ${request.url()}`)
  })
  onTestFinished(async () => {
    await browser.close()
    expect(faults).toEqual([])
  })
  return page
}
