/** A sample of an instant vector, by its labels. */
export interface VectorSample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

export interface MatrixSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [number, string])[]
}

/** Asks `/api/v1/PATH` by form POST and answers its data; throws with the server's own words. */
export async function api<T>(
  url: string,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<T> {
  const response = await fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  })
  const text = await response.text()
  if (!response.ok)
    throw new Error(`${path} ${JSON.stringify(parameters)}: ${response.status} ${text}`)
  const { data }: { readonly data: T } = JSON.parse(text)
  return data
}

export async function instant(
  url: string,
  query: string,
  timeSeconds?: number,
): Promise<readonly VectorSample[]> {
  const time: Record<string, string> =
    timeSeconds === undefined ? {} : { time: String(timeSeconds) }
  return (await api<{ readonly result: readonly VectorSample[] }>(url, 'query', { query, ...time }))
    .result
}

/** The samples themselves, by a range selector: every timestamp and value that is stored. */
export async function raw(
  url: string,
  selector: string,
  range: string,
  timeSeconds: number,
): Promise<readonly MatrixSeries[]> {
  const query = `${selector}[${range}]`
  return (
    await api<{ readonly result: readonly MatrixSeries[] }>(url, 'query', {
      query,
      time: String(timeSeconds),
    })
  ).result
}
