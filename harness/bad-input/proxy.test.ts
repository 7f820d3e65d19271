/** The fault proxy reads the first bytes of whoever calls; strangers are passed on or cut off, and cost it nothing else. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { badBytes } from '../testing/bad-bytes.testing.ts'
import { GoodClient } from '../testing/good-client.testing.ts'
import { LiveCluster, patientSettings } from '../testing/live-cluster.testing.ts'
import { assault, forAll } from '../testing/strangers.testing.ts'

const connections = 1500
const atOnce = 32
const connectionEndsMs = 20_000
const seed = fc.sample(fc.nat(), 1)[0]!

let cluster: LiveCluster
let client: GoodClient

beforeAll(async () => {
  cluster = await LiveCluster.start({ brokers: 1, proxied: true, settings: { ...patientSettings, 'auto.create.topics.enable': 'false' } })
  await cluster.createTopic('good')
  client = new GoodClient(cluster.loop, cluster.client('good'), 'good')
})
afterAll(async () => {
  client?.close()
  await cluster?.close()
})

it.each([['PLAINTEXT', 'broker'], ['CONTROLLER', 'controller']] as const)('strangers at %s are answered or cut off through it', async (listener, kind) => {
  const port = cluster.dialledPort(1, listener)
  expect(port).not.toBe(cluster.port(1, listener))
  const open: string[] = []
  await forAll(fc.sample(badBytes(kind), { numRuns: connections, seed }), atOnce, async (bad) => {
    const { end } = await assault(port, bad, connectionEndsMs)
    if (end === 'open') open.push(`${bad.kind}, ${bad.ending}: ${Buffer.from(bad.bytes).toString('hex')}`)
  })
  expect(open, `bytes of seed ${seed}`).toEqual([])
})

it('the good client behind it has lost nothing and missed no deadline', async () => {
  await client.expectUnharmed()
  expect(client.acknowledged).toBeGreaterThan(10)
  expect(cluster.unexpectedExits).toEqual([])
})
