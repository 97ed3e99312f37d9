import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Labels with this value would run a script if the page ever took text for markup. */
export const hostileText = '<img src=x onerror="document.title=1"><script>document.title=2</script>'

/** Another job of the server's configuration. */
export interface ExtraTarget {
  readonly job: string
  readonly address: string
}

/** Starts the built server, scraping itself each second, and waits until it has samples to draw; answers its URL. */
export async function startScrapingServer(extra: readonly ExtraTarget[] = []): Promise<string> {
  const port = await freePort()
  const jobs = [{ job: 'narthex', address: `127.0.0.1:${port}` }, ...extra]
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      ...jobs.map(({ job, address }) => ({
        job_name: job,
        static_configs: [{ targets: [address] }],
      })),
      {
        job_name: 'hostile',
        static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { note: hostileText } }],
      },
    ],
  }
  // JSON is YAML as well.
  const server = await startBuiltServer({
    directory: temporaryDirectory(),
    config: JSON.stringify(config),
    port,
  })
  await waitUntil('each target has been scraped four times', async () => {
    const counts = await instant(server.url, 'count_over_time(up[1m]) >= 4')
    return counts.length === jobs.length + 1 ? true : undefined
  })
  return server.url
}
