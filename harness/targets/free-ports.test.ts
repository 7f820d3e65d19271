import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { quietPorts } from './free-ports.ts'

it('are in a row, free, and none the kernel may give to somebody else meanwhile', async () => {
  const ports = await quietPorts(9)
  expect(ports).toEqual(ports.map((_, i) => ports[0]! + i))
  const servers = ports.map((port) => createServer().listen(port, '127.0.0.1'))
  await Promise.all(servers.map((server) => new Promise((done, fail) => server.once('listening', done).once('error', fail))))
  for (const server of servers) server.close()
  if (process.platform !== 'linux') return
  const [from] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number)
  expect(ports.at(-1)).toBeLessThan(from!)
})

it('are none of those that are spoken for', async () => {
  const spokenFor = Array.from({ length: 12_000 }, (_, i) => 20_000 + i).filter((port) => port < 21_000 || port > 21_100)
  const [first] = await quietPorts(50, spokenFor)
  expect(first).toBeGreaterThanOrEqual(21_000)
  expect(first).toBeLessThanOrEqual(21_051)
})
