import { expect, it } from 'vitest'
import type { Link } from '../../nemesis/links.ts'
import { cutRules, healRules, openRules, readTraffic, rulerOf } from './packet-rules.ts'

const addresses = new Map([[1, '10.0.0.1'], [2, '10.0.0.2'], [3, '10.0.0.3']])

it('links are ruled where they end, and those to the clients where they begin', () => {
  expect(rulerOf({ from: 1, to: 2 })).toBe(2)
  expect(rulerOf({ from: 'clients', to: 2 })).toBe(2)
  expect(rulerOf({ from: 2, to: 'clients' })).toBe(2)
})

it('every link of a broker has a chain, and whoever is no broker is the clients', () => {
  const rules = openRules(2, addresses)
  expect(rules).toContain('-A INPUT -s 10.0.0.1/32 -j link-1-2')
  expect(rules).toContain('-A INPUT -s 10.0.0.3/32 -j link-3-2')
  expect(rules.indexOf('-A INPUT -j link-clients-2')).toBeGreaterThan(rules.indexOf('-A INPUT -s 10.0.0.3/32 -j link-3-2'))
  expect(rules.indexOf('-A OUTPUT -j link-2-clients')).toBeGreaterThan(rules.indexOf('-A OUTPUT -d 10.0.0.3/32 -j ACCEPT'))
  expect(rules.join('\n')).not.toContain('10.0.0.2')
})

it('a heal takes back just what its cut put in', () => {
  const links: Link[] = [{ from: 1, to: 2 }, { from: 2, to: 'clients' }]
  expect(cutRules(links)).toEqual(['-I link-1-2 1 -j DROP', '-I link-2-clients 1 -j DROP'])
  expect(healRules(links)).toEqual(['-D link-1-2 -j DROP', '-D link-2-clients -j DROP'])
})

it('what was dropped and what was let through are read apart, and of links that are not there nothing', () => {
  const saved = `# Generated
*filter
:INPUT ACCEPT [10:1000]
:link-1-2 - [0:0]
[4:240] -A INPUT -s 10.0.0.1/32 -j link-1-2
[3:180] -A link-1-2 -m statistic --mode random --probability 0.3 -j DROP
[2:20] -A link-1-2 -j DROP
[1:60] -A link-1-2 -j ACCEPT
COMMIT`
  const traffic = readTraffic(saved, [{ from: 1, to: 2 }, { from: 3, to: 2 }])
  expect(traffic).toEqual([{ movedBytes: 60, heldBytes: 200 }, { movedBytes: 0, heldBytes: 0 }])
})
