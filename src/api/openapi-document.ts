import { assert } from '../base/assert.ts'
import { dataSchemas, list, object, oneOf, ref, type Schema, text } from './openapi-schemas.ts'
import type { ApiRoute } from './request.ts'
import {
  type RouteDescription,
  routeDescriptions,
  searchedLimit,
  tags,
} from './route-descriptions.ts'

export interface DocumentSettings {
  /** Streams of events, and titles of tags, can only be described in 3.2. */
  readonly version: '3.1.0' | '3.2.0'
  readonly apiVersion: string
  /** Where clients find the API. */
  readonly url: string
  /** How many names or values a search tells where no limit is asked for. */
  readonly searchLimit: number
}

export type DescribedRoute = Pick<ApiRoute, 'methods' | 'path'>

/** The description of these routes (row A6.14). */
export function openApiDocument(
  routes: readonly DescribedRoute[],
  { version, apiVersion, url, searchLimit }: DocumentSettings,
): object {
  const shown = routes
    .map(({ path, methods }) => ({ path: path.replace(/:(\w+)/g, '{$1}'), methods }))
    .map(({ path, methods }) => ({ path, methods, about: descriptionOf(path, searchLimit) }))
    .filter(({ about }) => version === '3.2.0' || about.answer.kind !== 'events')
  return {
    openapi: version,
    info: {
      title: 'Prometheus API',
      description: 'The HTTP API of Prometheus, as Narthex serves it.',
      version: apiVersion,
    },
    servers: [{ url }],
    tags: Object.entries(tags).map(([name, description]) => ({
      name,
      ...(version === '3.2.0' ? { summary: name[0]?.toUpperCase() + name.slice(1) } : {}),
      description,
    })),
    paths: Object.fromEntries(
      shown.map(({ path, methods, about }) => [
        `/${path}`,
        Object.fromEntries(
          methods.map((method) => [method.toLowerCase(), operation(path, method, about)]),
        ),
      ]),
    ),
    components: { schemas: { ...dataSchemas, ...bodySchemas(shown) } },
  }
}

function descriptionOf(path: string, searchLimit: number): RouteDescription {
  const about = routeDescriptions[path]
  assert(about !== undefined, `the route ${path} has no description`)
  const { parameters } = about
  if (parameters?.limit !== searchedLimit) return about
  return {
    ...about,
    parameters: { ...parameters, limit: { ...searchedLimit, default: searchLimit } },
  }
}

function operation(path: string, method: string, about: RouteDescription): object {
  const isGet = method === 'GET'
  const takesForm = method === 'POST' && isForm(about)
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }))
  const isBare = takesForm || about.isFormOnly === true
  const parameters = [...inPath, ...(isBare ? [] : parametersOf(about))]
  return {
    tags: [about.tag],
    summary: about.summary,
    operationId: isGet ? about.id : `${about.id}-${method.toLowerCase()}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takesForm ? { requestBody: formOf(about) } : {}),
    responses: {
      ...answerOf(about),
      default: {
        description: 'What went wrong.',
        content: media('application/json', ref('Error')),
      },
    },
  }
}

function isForm({ tag, parameters = {} }: RouteDescription): boolean {
  return tag !== 'admin' && Object.keys(parameters).length > 0
}

function parametersOf({ parameters = {} }: RouteDescription): readonly object[] {
  return Object.entries(withoutRepeated(parameters)).map(([name, schema]) => ({
    name: name.replace(/!$/, ''),
    in: 'query',
    required: name.endsWith('!'),
    // As forms have them: a list is the same name again and again.
    ...(schema.type === 'array' ? { explode: true } : {}),
    schema,
  }))
}

/** What must be given, instead of the same where it may be. */
function withoutRepeated(
  parameters: Readonly<Record<string, Schema>>,
): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => parameters[`${name}!`] === undefined),
  )
}

function formOf({ name, isFormOnly }: RouteDescription): object {
  const body = ref(`${name}PostInputBody`)
  const form = media('application/x-www-form-urlencoded', body)
  const json = isFormOnly === true ? media('application/json', body) : {}
  return { required: true, content: { ...form, ...json } }
}

function answerOf({ answer, name }: RouteDescription): object {
  switch (answer.kind) {
    case 'json':
      return ok(media('application/json', ref(`${name}OutputBody`)))
    case 'lines':
      return ok(media('application/x-ndjson', text))
    case 'protobuf':
      return ok(media('application/x-protobuf', { type: 'string', format: 'binary' }))
    case 'events':
      return ok({ 'text/event-stream': { itemSchema: object({ data: text }) } })
    case 'nothing':
      return { 204: { description: 'Done.' } }
  }
}

function ok(content: object): object {
  return { 200: { description: 'The answer.', content } }
}

function media(type: string, schema: Schema): object {
  return { [type]: { schema } }
}

/** Envelopes of answers, and forms. */
function bodySchemas(
  shown: readonly { readonly methods: ApiRoute['methods']; readonly about: RouteDescription }[],
): Readonly<Record<string, Schema>> {
  const schemas: Record<string, Schema> = {}
  for (const { methods, about } of shown) {
    const { answer, name, parameters = {} } = about
    if (answer.kind === 'json') {
      schemas[`${name}OutputBody`] = object({
        status: oneOf('success'),
        data: answer.data,
        'warnings?': list(text),
        'infos?': list(text),
      })
    }
    if (!methods.includes('POST') || !isForm(about)) continue
    const fields = Object.entries(withoutRepeated(parameters)).map(
      ([field, schema]): [string, Schema] => [
        field.endsWith('!') ? field.slice(0, -1) : `${field}?`,
        schema,
      ],
    )
    schemas[`${name}PostInputBody`] = object(Object.fromEntries(fields))
  }
  return schemas
}
