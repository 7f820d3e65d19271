/**
 * What strangers can make a broker hold: answers they do not read, requests they do not wait for, frames they do not
 * finish, requests that are far larger read than sent. Each is bounded while they stay, and gone when they are.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import { closedConnections, portOf } from '../testing/closed-connections.testing.ts'
import { Inspector } from '../testing/inspected-memory.testing.ts'
import { LiveCluster, patientSettings } from '../testing/live-cluster.testing.ts'
import { framedRequest } from '../testing/requests.testing.ts'
import { Lingerer } from '../testing/strangers.testing.ts'

const mebibyte = 1 << 20
/** Bytes of a broker at work that nobody holds. */
const workBytes = 40 * mebibyte
const heldBytesMax = 20_000_000
const patience = { timeout: 20_000, interval: 100 }
const forEver = 2 ** 31 - 1
const topic = 'large'
const batches = 24
const batchBytes = 1_000_000

const small = encodeBatch({ records: [{ key: null, value: new Uint8Array(10), timestamp: 0 }] })

let cluster: LiveCluster
let inspector: Inspector
const strangers: Lingerer[] = []
let before = 0

beforeAll(async () => {
  cluster = await LiveCluster.start({ brokers: 1, inspect: true, settings: patientSettings })
  inspector = await Inspector.attach(cluster.inspectorUrl(1))
  await cluster.createTopic(topic)
  for (const name of ['quiet', 'waited']) await cluster.createTopic(name)
  const records = encodeBatch({ records: [{ key: null, value: new Uint8Array(batchBytes), timestamp: 0 }] })
  for (let i = 0; i < batches; i++) await answered(produce([{ index: 0, records }]))
  await answered(fetch({ minBytes: 1 }))
})

afterAll(async () => {
  inspector?.detach()
  await cluster?.close()
})

beforeEach(async () => {
  before = await heldBytes()
})

afterEach(async () => {
  leave()
  await vi.waitFor(async () => expect(await grownBytes()).toBeLessThan(heldBytesMax), patience)
  expect(cluster.unexpectedExits).toEqual([])
})

function leave(): void {
  for (const each of strangers.splice(0)) each.leave()
}

async function call(bytes: Uint8Array): Promise<Lingerer> {
  const stranger = await Lingerer.call(cluster.port(1, 'PLAINTEXT'), bytes)
  strangers.push(stranger)
  return stranger
}

/** Asks on a connection of its own, and waits until the answer begins. */
async function answered(request: Uint8Array): Promise<void> {
  const stranger = await call(request)
  await stranger.answered()
  stranger.leave()
}

function produce(partitionData: readonly { readonly index: number; readonly records: Uint8Array }[], name = topic): Uint8Array {
  return framedRequest(apis.Produce, 9, { acks: 1, timeoutMs: 10_000, topicData: [{ name, partitionData }] })
}

interface FetchAsked {
  readonly minBytes: number
  readonly topic?: string
  /** How often the partition is asked for in one request. */
  readonly times?: number
  readonly partitionMaxBytes?: number
  readonly fromOffset?: number
}

function fetch({ minBytes, topic: name = topic, times = 1, partitionMaxBytes = forEver, fromOffset = 0 }: FetchAsked): Uint8Array {
  const partition = { partition: 0, fetchOffset: BigInt(fromOffset), partitionMaxBytes }
  const partitions = Array.from({ length: times }, () => partition)
  return framedRequest(apis.Fetch, 4, { maxWaitMs: forEver, minBytes, maxBytes: forEver, topics: [{ topic: name, partitions }] })
}

async function heldBytes(): Promise<number> {
  const { heapBytes, externalBytes } = await inspector.memory()
  return heapBytes + externalBytes
}

async function grownBytes(): Promise<number> {
  return await heldBytes() - before
}

/** Waits until the broker takes no more of what is being sent to it, and says how much it holds then. */
async function grownWhenSettled(sender: Lingerer): Promise<number> {
  let unsent = -1
  let grown = 0
  for (let same = 0; same < 10; same++) {
    grown = await grownBytes()
    if (sender.socket.writableLength !== unsent) same = 0
    unsent = sender.socket.writableLength
  }
  return grown
}

it('answers nobody reads take bounded memory, however many readers there are and however much they ask for', async () => {
  const readers = 40
  const asked = fetch({ minBytes: 1 })
  const pipelined = Buffer.concat(Array.from({ length: 20 }, () => asked))
  const all = await Promise.all(Array.from({ length: readers }, () => call(pipelined)))
  await Promise.all(all.map((each) => each.answered()))
  for (let i = 0; i < 3; i++) await answered(asked)
  const grown = await grownBytes()
  // All together may have 64 MiB; each has a batch, and what made its queue full.
  expect(grown).toBeLessThan(64 * mebibyte + readers * (mebibyte + batchBytes) + workBytes)
  expect(grown).toBeGreaterThan(32 * mebibyte)
})

it('a fetch that waits keeps nothing of what it has read', async () => {
  for (let i = 0; i < 10; i++) {
    // All there is from there on, which is no longer in the broker's memory, and too little.
    await call(fetch({ minBytes: forEver, fromOffset: batches - 6 }))
    for (let later = 0; later < 3; later++) await answered(fetch({ minBytes: 1, partitionMaxBytes: 1 }))
  }
  expect(await grownBytes()).toBeLessThan(workBytes)
})

it('a fetch nobody waits for any more is over', async () => {
  const asked = fetch({ topic: 'quiet', minBytes: 1, times: 1000 })
  await Promise.all(Array.from({ length: 200 }, () => call(asked)))
  await vi.waitFor(async () => expect(await grownBytes()).toBeGreaterThan(heldBytesMax), patience)
  leave()
  await vi.waitFor(async () => expect(await grownBytes()).toBeLessThan(heldBytesMax), patience)
})

it('what comes behind a request in work is read no further than one frame', async () => {
  const frameBytes = 30 * mebibyte
  const piece = new Uint8Array(mebibyte)
  const head = piece.slice()
  new DataView(head.buffer).setInt32(0, frameBytes - 4)
  const sender = await call(fetch({ topic: 'waited', minBytes: 1 }))
  for (let at = 0; at < 7 * frameBytes; at += mebibyte) sender.socket.write(at % frameBytes === 0 ? head : piece)
  expect(await grownWhenSettled(sender)).toBeLessThan(frameBytes + workBytes)
  // The answer to what is in work lets go of what came behind it.
  await answered(produce([{ index: 0, records: small }], 'waited'))
})

it('a large frame takes memory for what has come of it, not for what was announced', async () => {
  const announced = Uint8Array.of(6, 0, 0, 0, 1)
  await Promise.all(Array.from({ length: 500 }, () => call(announced)))
  expect(await grownWhenSettled(await call(announced))).toBeLessThan(workBytes)
})

it('a request with more elements than any client has cause for costs its connection', async () => {
  const names = 10_000_000
  const request = framedRequest(apis.Metadata, 4, { topics: [], allowAutoTopicCreation: false })
  const asked = new Uint8Array(request.length + 2 * names)
  asked.set(request)
  const view = new DataView(asked.buffer)
  view.setInt32(0, asked.length - 4)
  view.setInt32(request.length - 5, names)
  const stranger = await call(asked)
  stranger.read()
  await vi.waitFor(() => expect(stranger.closed).toBe(true), patience)
  await vi.waitFor(() => {
    const closed = closedConnections(cluster.log(1)).find((each) => portOf(each) === stranger.ownPort)
    expect(closed).toMatchObject({ level: 'warn', api: 'Metadata', reason: `malformed request: topics: ${names} elements, and too many in all` })
  }, patience)
})

it('a small batch does not keep the large request it came in', async () => {
  const request = produce([{ index: 0, records: small }, { index: 1, records: new Uint8Array(8 * mebibyte) }])
  for (let i = 0; i < 15; i++) await answered(request)
  expect(await grownBytes()).toBeLessThan(workBytes)
})
