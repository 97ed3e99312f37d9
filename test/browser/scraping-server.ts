import { instant } from '../support/api-client.ts'
import { startBuiltServer } from '../support/built-server.ts'
import { freePort } from '../support/free-port.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitUntil } from '../support/wait-until.ts'

/** Labels with this value would run a script if the page ever took text for markup. */
export const hostileText = '<img src=x onerror="document.title=1"><script>document.title=2</script>'

/** A job of the server's configuration beside the one that scrapes the server itself. */
export interface ScrapeJob {
  readonly job: string
  /** By default the server's own. */
  readonly address?: string
  readonly labels?: Readonly<Record<string, string>>
}

export const hostileJob: ScrapeJob = { job: 'hostile', labels: { note: hostileText } }

/** Starts the built server, scraping itself and the jobs each second, and waits until it has samples to draw; answers its URL. */
export async function startScrapingServer(extra: readonly ScrapeJob[]): Promise<string> {
  const port = await freePort()
  const jobs: readonly ScrapeJob[] = [{ job: 'narthex' }, ...extra]
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: jobs.map(({ job, address = `127.0.0.1:${port}`, labels = {} }) => ({
      job_name: job,
      static_configs: [{ targets: [address], labels }],
    })),
  }
  // JSON is YAML as well.
  const server = await startBuiltServer({
    directory: temporaryDirectory(),
    config: JSON.stringify(config),
    port,
  })
  await waitUntil('each target has been scraped four times', async () => {
    const counts = await instant(server.url, 'count_over_time(up[1m]) >= 4')
    return counts.length === jobs.length ? true : undefined
  })
  return server.url
}
