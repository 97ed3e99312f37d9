import type { FastifyReply, FastifyRequest } from 'fastify'

const words: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  307: 'Temporary Redirect',
}

/**
 * A redirect to a path of our own as Go's servers send it: answers of GET have a link in their body
 * for clients that do not follow.
 */
export function redirect(
  request: FastifyRequest,
  reply: FastifyReply,
  location: string,
  status: 301 | 302 | 307,
): FastifyReply {
  reply.code(status).header('Location', location)
  if (request.method !== 'GET' && request.method !== 'HEAD') return reply.send()
  reply.type('text/html; charset=utf-8')
  if (request.method === 'HEAD') return reply.send()
  return reply.send(`<a href="${escaped(location)}">${words[status]}</a>.\n\n`)
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
}

/** Without empty, `.` and `..` parts; a slash at the end stays. Begins with exactly one slash. */
export function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    const plain = part.replace(/%2e/gi, '.')
    if (plain === '..') parts.pop()
    else if (plain !== '' && plain !== '.') parts.push(part)
  }
  const end = path.endsWith('/') && parts.length > 0 ? '/' : ''
  return `/${parts.join('/')}${end}`
}
