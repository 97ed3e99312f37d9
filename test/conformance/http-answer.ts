/** A request of the data, and what was answered. */
export interface HttpCase {
  readonly request: {
    readonly method: string
    readonly path: string
    readonly params?: Readonly<Record<string, string | readonly string[]>>
  }
  readonly status: number
  readonly content_type?: string | null
  readonly body?: unknown
  readonly body_text?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** GET parameters go into the URL, those of POST into a form. */
export async function askHttp(url: string, { request }: HttpCase): Promise<HttpAnswer> {
  const { method, path, params = {} } = request
  const pairs = Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )
  const form = new URLSearchParams(pairs)
  const response =
    method === 'POST'
      ? await fetch(url + path, { method, body: form })
      : await fetch(pairs.length === 0 ? url + path : `${url}${path}?${form}`, { method })
  const contentType = response.headers.get('content-type') ?? ''
  return { status: response.status, contentType, text: await response.text() }
}

/** `escaping` came with 3.0; all else is to be the same. */
export function mediaOf(contentType: string): string {
  return contentType.replace(/; escaping=[a-z0-9-]+$/, '')
}

/** What is JSON, as it is; else undefined. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

/** Whether everything that is wanted is there, at the same place; more may be. */
export function includes(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found) || found.length !== wanted.length) return false
    return wanted.every((one, index) => includes(found[index], one))
  }
  if (typeof wanted !== 'object' || wanted === null) return Object.is(found, wanted)
  if (typeof found !== 'object' || found === null) return false
  return Object.entries(wanted).every(([key, value]) => includes(Reflect.get(found, key), value))
}
