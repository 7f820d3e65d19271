import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apis, type AnyApi } from '../../../protocol/apis.ts'
import { encodeMessage } from '../../../protocol/codec.ts'
import { arbitraryBody } from '../../../protocol/testing/arbitrary-message.ts'
import { nodeName, RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const clientPort = 9092
const controllerPort = 9093

/** A small cluster with something in it, and one client that asks for anything at all. */
class Asked {
  readonly cluster: RoleCluster

  constructor() {
    this.cluster = new RoleCluster({ roles: ['both', 'both', 'both'], settings: { 'request.timeout.ms': '2000' } })
    this.cluster.untilUp()
    this.cluster.create('t', { replicas: [[1, 2, 3], [2, 3, 1]] })
    this.cluster.create('kept', { replicas: [[1, 2, 3]] })
    this.cluster.create('__consumer_offsets', { replicas: [[1, 2, 3]] })
    this.cluster.untilProduced('t', 0)
  }

  /** Whatever is answered, or not: no node may fail, and the cluster goes on. */
  ask(api: AnyApi, version: number, { port, body }: { readonly port: number; readonly body: unknown }): void {
    const { cluster } = this
    let ended = false
    cluster.send(1, api, body as never, { version, port, done: () => (ended = true) })
    cluster.until(() => ended, `an end of ${api.name} v${version}`)
    expect(cluster.nodeIds.every((id) => cluster.world.isRunning(nodeName(id)))).toBe(true)
  }
}

const words = fc.constantFrom('t', '', 'u', '__consumer_offsets', '__cluster_metadata', 'min.insync.replicas', '1')
const numbers = fc.constantFrom(-2, -1, 0, 1, 2, 3, 4, 8, 2 ** 31 - 1)

/** The same value with strings and numbers that mean something here, so that requests come further than the first check. */
function sensible(value: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) return fc.tuple(...value.map(sensible))
  if (typeof value === 'string') return value.length === 22 ? fc.constant(value) : fc.oneof(words, fc.constant(value))
  if (typeof value === 'bigint') return fc.oneof(numbers.map(BigInt), fc.constant(value))
  if (typeof value === 'number') return fc.oneof(numbers.map((each) => (Math.abs(each) <= Math.abs(value) ? each : value)), fc.constant(value))
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return fc.constant(value)
  return fc.record(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sensible(inner)])))
}

/** What is asked by nodes of the cluster only: who may reach that listener can do harm there, in Kafka as here. */
const betweenNodes = new Set<number>([1, 52, 53, 54, 56, 62, 63, 67])
const served = (port: number): AnyApi[] =>
  Object.values<AnyApi>(apis).filter(({ key, listeners }) =>
    port === clientPort ? listeners.includes('broker') : listeners.includes('controller') && !betweenNodes.has(key),
  )

/** A version may not have the field, or the field not the range, that would make a value sensible. */
function canEncode(api: AnyApi, version: number, body: unknown): boolean {
  try {
    encodeMessage(api.request, version, body as never)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

describe.each([['clients', clientPort], ['controllers', controllerPort]] as const)('on the listener of %s', (_, port) => {
  it.each(served(port).map((api) => [api.name, api] as const))('%s of any version and any content does no harm', (_name, api) => {
    const { min, max } = api.versions
    const request = fc.integer({ min, max }).chain((version) =>
      arbitraryBody(api.request, version).chain((body) => sensible(body).map((better) => ({ version, body: canEncode(api, version, better) ? better : body }))),
    )
    const asked = new Asked()
    fc.assert(
      fc.property(request, ({ version, body }) => asked.ask(api, version, { port, body })),
      { numRuns: 60 },
    )
    asked.cluster.untilProduced('kept', 0)
  })
})
