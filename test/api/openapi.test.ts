import { load } from 'js-yaml'
import { expect, it } from 'vitest'
import { createHttpServer } from '../../src/api/http-server.ts'
import { openApiDocument } from '../../src/api/openapi-document.ts'
import { routeDescriptions } from '../../src/api/route-descriptions.ts'
import { yamlText } from '../../src/api/yaml-text.ts'
import { apiOptions, startApi } from '../support/api-server.ts'

interface Document {
  readonly openapi: string
  readonly info: { readonly version: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly summary?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly required: boolean }[]
  readonly requestBody?: object
}

async function asked(version: string): Promise<{ readonly text: string; readonly type: string }> {
  const { url } = await startApi()
  const response = await fetch(`${url}/api/v1/openapi.yaml?openapi_version=${version}`)
  expect(response.status).toBe(200)
  return { text: await response.text(), type: response.headers.get('content-type') ?? '' }
}

async function documentOf(version: string): Promise<Document> {
  return load((await asked(version)).text) as Document
}

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )

it('every route of the API that does something is described, by the list of the router, and nothing else is', async () => {
  const routes = createHttpServer(apiOptions())
    .routes.filter((route) => / \/api\/v1\/(?!openapi\.yaml)/.test(route))
    .map((route) => route.replace('/api/v1', '').replace(':name', '{name}'))
  const operations = operationsOf(await documentOf('3.2'))
  expect(operations.map(({ route }) => route).sort()).toEqual(routes.sort())
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
  const paths = new Set(operations.map(({ route }) => route.replace(/^\w+ \//, '')))
  expect(Object.keys(routeDescriptions).filter((path) => !paths.has(path))).toEqual([])
})

it('the version is 3.1 where no other is asked, without what only 3.2 can describe', async () => {
  const [first, second, unknown] = [
    await documentOf('3.1'),
    await documentOf('3.2.0'),
    await documentOf('4'),
  ]
  expect([first.openapi, second.openapi, unknown.openapi]).toEqual(['3.1.0', '3.2.0', '3.1.0'])
  expect(Object.keys(first.paths)).not.toContain('/notifications/live')
  expect(first.tags[0]).toEqual({
    name: 'query',
    description: 'Evaluate, format and parse PromQL.',
  })
  expect(second.tags[0]?.summary).toBe('Query')
  expect(first.info.version).toBe('3.14.0')
  expect(first.servers).toEqual([{ url: 'http://prometheus.example:9090/api/v1' }])
})

it('every reference in it leads to a schema, and every schema is used', async () => {
  const { text } = await asked('3.2')
  const { components } = load(text) as Document
  const wanted = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name)
  expect([...new Set(wanted)].sort()).toEqual(Object.keys(components.schemas).sort())
})

it('a query is described with what must and may be given, and as a form', async () => {
  const { paths } = await documentOf('3.1')
  const get = paths['/query']?.get
  expect(get?.parameters?.map(({ name, required }) => [name, required])).toEqual([
    ['query', true],
    ['time', false],
    ['timeout', false],
    ['lookback_delta', false],
    ['stats', false],
    ['limit', false],
  ])
  expect(paths['/query']?.post?.parameters).toBeUndefined()
  expect(paths['/query']?.post?.requestBody).toEqual({
    required: true,
    content: {
      'application/x-www-form-urlencoded': {
        schema: { $ref: '#/components/schemas/QueryPostInputBody' },
      },
    },
  })
  const values = paths['/label/{name}/values']?.get?.parameters?.[0]
  expect(values).toEqual({ name: 'name', in: 'path', required: true, schema: { type: 'string' } })
})

it.each([
  [0, 100],
  [50, 50],
  [1_000, 100],
])(
  'a search that may tell %d at most is described with the limit that it has: %d',
  async (limitMax, limit) => {
    const { search } = apiOptions()
    const { url } = await startApi({ search: { ...search, limitMax } })
    const { paths, components } = load(
      await (await fetch(`${url}/api/v1/openapi.yaml`)).text(),
    ) as Document
    const schema = { type: 'integer', format: 'int64', default: limit }
    for (const what of ['metric_names', 'label_names', 'label_values']) {
      expect(paths[`/search/${what}`]?.get?.parameters).toContainEqual(
        expect.objectContaining({ name: 'limit', schema }),
      )
    }
    expect(JSON.stringify(components.schemas)).toContain(JSON.stringify(schema))
  },
)

it('what is read from its YAML is the document', async () => {
  const { text, type } = await asked('3.1')
  expect(type).toBe('application/yaml; charset=utf-8')
  expect(text.startsWith('openapi: "3.1.0"\ninfo:\n  title: "Prometheus API"\n')).toBe(true)
  const value = { a: [], b: {}, 'c: d': ['yes', 'x', { e: [[1, null], -0.5], f: '' }], y: true }
  expect(load(yamlText(value))).toEqual(value)
  const settings = { version: '3.1.0', apiVersion: '1', url: '/', searchLimit: 1 } as const
  const document = openApiDocument([{ methods: ['GET'], path: 'alerts' }], settings)
  expect(load(yamlText(document))).toEqual(JSON.parse(JSON.stringify(document)))
})
