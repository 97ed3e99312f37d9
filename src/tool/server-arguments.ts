import { InvalidArgumentError } from 'commander'

/** A server on the command line. A host without a scheme is asked by HTTP. */
export function serverUrl(text: string): URL {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('It takes a URL such as http://localhost:9090.')
  }
  return url
}

/** One more header: name, value, name, value, ... */
export function headerPair(text: string, before: readonly string[] | undefined): readonly string[] {
  const [, name, value] = /^([^:=]+)[:=](.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It takes NAME=VALUE.')
  }
  return [...(before ?? []), name, value]
}
