import type { ClientOrigin } from '../../src/rules/rule-queries.ts'

/** Somebody who asks for a console. */
export const consoleClient: ClientOrigin = {
  kind: 'http',
  clientAddress: '192.0.2.1',
  method: 'GET',
  path: '/consoles/x',
}
