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

  /** Methods of a path, OPTIONS among them, sorted; none where no route has the path. */
  of(path: string): readonly string[] {
    const parts = path.split('/')
    const found = [...this.#methodsOf.values()].filter((route) => matches(route.parts, parts))
    if (found.length === 0) return []
    return [...new Set([...found.flatMap(({ methods }) => methods), 'OPTIONS'])].sort()
  }
}

function matches(pattern: readonly string[], parts: readonly string[]): boolean {
  const rest = pattern.at(-1) === '*'
  if (rest ? parts.length < pattern.length : parts.length !== pattern.length) return false
  return pattern.every(
    (part, index) => part === '*' || part.startsWith(':') || part === parts[index],
  )
}
