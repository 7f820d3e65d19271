/**
 * Connections on which nothing more comes: called and never used, stopped in the middle of a frame, never read. The idle
 * limit ends each of them, and no other: one that waits for its answer is not idle.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { closedConnections, portOf } from '../testing/closed-connections.testing.ts'
import { LiveCluster } from '../testing/live-cluster.testing.ts'
import { framedRequest } from '../testing/requests.testing.ts'
import { Lingerer } from '../testing/strangers.testing.ts'

const maxIdleMs = 1000
const patience = { timeout: 20_000, interval: 50 }
const nothing = new Uint8Array(0)
const versionsRequest = framedRequest(apis.ApiVersions, 0, {})
const halfFrame = versionsRequest.subarray(0, versionsRequest.length - 3)

let cluster: LiveCluster

beforeAll(async () => {
  cluster = await LiveCluster.start({ brokers: 1, settings: { 'connections.max.idle.ms': String(maxIdleMs) } })
  await cluster.createTopic('quiet')
})
afterAll(() => cluster?.close())

function reasonOf({ ownPort }: Lingerer): string | undefined {
  return closedConnections(cluster.log(1)).find((each) => portOf(each) === ownPort)?.reason
}

it.each(['PLAINTEXT', 'CONTROLLER'] as const)('on %s, whoever says nothing, or half a frame, is closed as idle', async (listener) => {
  const port = cluster.port(1, listener)
  const silent = await Promise.all([nothing, nothing.slice(), versionsRequest.subarray(0, 2), halfFrame, versionsRequest].map((bytes) => Lingerer.call(port, bytes)))
  for (const each of silent) each.read()
  await vi.waitFor(() => expect(silent.filter(({ closed }) => !closed)).toEqual([]), patience)
  await vi.waitFor(() => expect(silent.map(reasonOf)).toEqual(silent.map(() => 'idle')), patience)
})

it('a frame that never ends, byte after byte, is idleness too', async () => {
  const slow = await Lingerer.call(cluster.port(1, 'PLAINTEXT'), Uint8Array.of(0, 0, 1, 0))
  slow.read()
  const drip = setInterval(() => slow.socket.write('x'), maxIdleMs / 20)
  await vi.waitFor(() => expect(slow.closed).toBe(true), patience)
  clearInterval(drip)
  await vi.waitFor(() => expect(reasonOf(slow)).toBe('idle'), patience)
})

it('a connection that waits longer than the limit for its answer gets it', async () => {
  const waiting = await Lingerer.call(cluster.port(1, 'PLAINTEXT'), framedRequest(apis.Fetch, 4, {
    maxWaitMs: 3 * maxIdleMs,
    minBytes: 1,
    maxBytes: 1000,
    topics: [{ topic: 'quiet', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }] }],
  }))
  let answers = 0
  waiting.socket.on('data', () => answers++)
  waiting.read()
  await vi.waitFor(() => expect(waiting.closed).toBe(true), patience)
  expect(answers).toBe(1)
  await vi.waitFor(() => expect(reasonOf(waiting)).toBe('idle'), patience)
})
