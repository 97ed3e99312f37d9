import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { browserIsAbsent, openPage } from './real-browser.ts'

const text = `</script><img src=x onerror="document.title='ran'">'"\`\${document.title='ran'}`

/** Shows a parameter in every way that a page has. */
const consoleText = `<!doctype html><title>calm</title><link rel="icon" href="{{ pathPrefix }}/favicon.svg">
<p id="text" title="{{ $params.x }}" onclick="this.title = {{ $params.x }} + '{{ $params.x }}'">{{ $params.x }}</p>
<p id="script"></p>
<script>
  const shown = document.getElementById('script')
  shown.textContent = [{{ $params.x }}, "{{ $params.x }}", '{{ $params.x }}', \`{{ $params.x }}\`].join('|')
</script>`

describe.skipIf(browserIsAbsent)('consoles in a real browser', () => {
  it('are linked from the page, run their own scripts, and none that a parameter brings', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'c'))
    writeFileSync(join(directory, 'c', 'index.html'), consoleText)
    const flags = [`--web.console.templates=${join(directory, 'c')}`]
    const { url } = await startBuiltServer({ directory, flags })
    const page = await openPage(url)
    await page.goto(`${url}/query`)
    await page.getByText('Consoles', { exact: true }).click()
    await expect.poll(() => page.title()).toBe('calm')
    expect(page.url()).toBe(`${url}/consoles/index.html`)

    await page.goto(`${url}/consoles/index.html?x=${encodeURIComponent(text)}`)
    await expect
      .poll(() => page.locator('#script').textContent())
      .toBe([text, text, text, text].join('|'))
    const shown = page.locator('#text')
    expect(await shown.textContent()).toBe(text)
    expect(await shown.getAttribute('title')).toBe(text)
    await shown.click()
    expect(await shown.getAttribute('title')).toBe(text + text)
    expect(await page.title()).toBe('calm')
  })
})
