import { expect, it } from 'vitest'
import { NameServers } from '../../src/http/name-servers.ts'

it('name servers are followed when /etc/resolv.conf names others, and kept while it does not', () => {
  const nameServers = new NameServers()
  const first = nameServers.resolver(['192.0.2.1', '2001:db8::1'])
  expect(first.getServers()).toEqual(['192.0.2.1', '2001:db8::1'])
  expect(nameServers.resolver(['192.0.2.1', '2001:db8::1'])).toBe(first)
  expect(nameServers.resolver(['192.0.2.2']).getServers()).toEqual(['192.0.2.2'])
})
