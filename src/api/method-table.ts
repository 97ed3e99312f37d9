/** Which methods the routes take: for answering 405 and OPTIONS where the path is known. */
export class MethodTable {
  readonly #methodsOf = new Map<string, { readonly parts: readonly string[]; methods: string[] }>()

  /** `pattern` in fastify's form: `/label/:name/values`, `/assets/*`. */
  add(method: string, pattern: string): void {
    const known = this.#methodsOf.get(pattern)
    if (known === undefined) {
      this.#methodsOf.set(pattern, { parts: pattern.split('/'), methods: [method] })
    } else known.methods.push(method)
  }

  /** Every route as `METHOD pattern`. */
  list(): readonly string[] {
    return [...this.#methodsOf].flatMap(([pattern, { methods }]) =>
      methods.map((method) => `${method} ${pattern}`),
    )
  }

  /** Whether a route with the path takes the method itself. */
  takes(method: string, path: string): boolean {
    const parts = path.split('/')
    return this.#routes(method).some((route) => matches(route.parts, parts, isSame))
  }

  /**
   * The path as the route that takes the method has it, where capitals and a slash at the end are all
   * that differ; the start of API paths is no part of their routes to upstream.
   */
  closest(method: string, path: string): string | undefined {
    const isApi = path.startsWith(apiPrefix)
    const routes = this.#routes(method).filter(
      ({ parts }) => parts.join('/').startsWith(apiPrefix) === isApi,
    )
    for (const written of [path, otherSlash(path)]) {
      const parts = written.split('/')
      const found = routes.find((route) => matches(route.parts, parts, isSameInCapitals))
      if (found === undefined) continue
      return parts
        .map((part, index) => {
          const own = found.parts[index]
          return own === undefined || isOpen(own) ? part : own
        })
        .join('/')
    }
    return undefined
  }

  #routes(method: string) {
    return [...this.#methodsOf.values()].filter(({ methods }) => methods.includes(method))
  }

  /** Methods of a path, OPTIONS among them, sorted; none where no route has the path. */
  of(path: string): readonly string[] {
    const parts = path.split('/')
    const found = [...this.#methodsOf.values()].filter((route) =>
      matches(route.parts, parts, isSame),
    )
    if (found.length === 0) return []
    return [...new Set([...found.flatMap(({ methods }) => methods), 'OPTIONS'])].sort()
  }
}

/** With a slash at its end, or without the one that it has. */
export function otherSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

const apiPrefix = '/api/v1/'

function isOpen(part: string): boolean {
  return part === '*' || part.startsWith(':')
}

function isSame(own: string, other: string | undefined): boolean {
  return own === other
}

function isSameInCapitals(own: string, other: string | undefined): boolean {
  return own.toLowerCase() === other?.toLowerCase()
}

function matches(
  pattern: readonly string[],
  parts: readonly string[],
  isEqual: (own: string, other: string | undefined) => boolean,
): boolean {
  const rest = pattern.at(-1) === '*'
  if (rest ? parts.length < pattern.length : parts.length !== pattern.length) return false
  return pattern.every((part, index) => isOpen(part) || isEqual(part, parts[index]))
}
