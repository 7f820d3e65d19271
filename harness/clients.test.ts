/**
 * Clients that others wrote, against three broker processes of ours whose leader is killed in mid-stream and started again.
 * What they were told is kept; what they sent idempotently is there once, in order.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { kafkajs, readAll, sendAll } from './testing/kafkajs.testing.ts'
import { LiveCluster } from './testing/live-cluster.testing.ts'
import { isMissing } from './testing/optional-tool.testing.ts'

const total = 12_000
const killAt = 3000
const restartAt = 6000
const patience = { timeout: 60_000, interval: 10 }

let cluster: LiveCluster

beforeAll(async () => {
  cluster = await LiveCluster.start()
})
afterAll(async () => {
  await cluster.close()
})

/** Kills the leader when this much is done, and starts it again when others have gone on to the second mark. */
async function leaderDiesAndReturns(topic: string, progress: () => number | Promise<number>): Promise<void> {
  const reaches = (mark: number): Promise<void> =>
    vi.waitFor(async () => expect(await progress()).toBeGreaterThanOrEqual(mark), patience)
  await reaches(killAt)
  const before = await cluster.partition(topic)
  await cluster.kill(before.leader)
  expect(await progress(), 'it was killed in mid-stream').toBeLessThan(restartAt)
  await reaches(restartAt)
  const after = await cluster.partition(topic)
  expect(after.leaderEpoch).toBeGreaterThan(before.leaderEpoch)
  expect(after.leader).not.toBe(before.leader)
  await cluster.restart(before.leader)
  await vi.waitFor(async () => expect((await cluster.partition(topic)).inSyncReplicas).toHaveLength(3), patience)
}

function missing(sent: readonly string[], read: readonly string[]): string[] {
  const found = new Set(read)
  return sent.filter((value) => !found.has(value))
}

function expectNobodyElseEnded(): void {
  expect(cluster.unexpectedExits).toEqual([])
}

describe('kafkajs', () => {
  const producers: Producer[] = []
  let acknowledged: string[]

  async function connected(idempotent: boolean): Promise<Producer> {
    const producer = kafkajs(cluster.bootstrap).producer({ idempotent, allowAutoTopicCreation: false })
    producers.push(producer)
    await producer.connect()
    return producer
  }

  afterAll(async () => {
    await Promise.all(producers.map((producer) => producer.disconnect()))
  })

  /** Values that name their producer and their place in its order. */
  function valuesOf(name: string): string[] {
    return Array.from({ length: total / 2 }, (_, i) => `${name}-${i}`)
  }

  /** One request after the other, or so many at a time. */
  async function stream(producer: Producer, topic: string, values: readonly string[], atOnce: number): Promise<void> {
    const left = [...values]
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (let batch = left.splice(0, 25); batch.length > 0; batch = left.splice(0, 25)) {
        await sendAll(producer, topic, batch)
        acknowledged.push(...batch)
      }
    }))
  }

  it.each([
    { idempotent: false, atOnce: 4 },
    { idempotent: true, atOnce: 1 },
  ])('idempotent: $idempotent, keeps what it was told through the death of the leader', async ({ idempotent, atOnce }) => {
    const topic = `kafkajs-${idempotent}`
    acknowledged = []
    await cluster.createTopic(topic)
    const names = ['a', 'b']
    const sending = names.map(async (name) => stream(await connected(idempotent), topic, valuesOf(name), atOnce))
    await Promise.all([leaderDiesAndReturns(topic, () => acknowledged.length), ...sending])
    expect(acknowledged).toHaveLength(total)
    const read = (await readAll(cluster.bootstrap, topic)).map(({ value }) => value)
    expect(missing(acknowledged, read)).toEqual([])
    if (idempotent) for (const name of names) expect(read.filter((value) => value.startsWith(name))).toEqual(valuesOf(name))
    if (idempotent) expect(read).toHaveLength(total)
    expectNobodyElseEnded()
  })
})

const kcatMissing = isMissing('kcat')

describe.skipIf(kcatMissing)(kcatMissing ? 'kcat (kcat is not installed)' : 'kcat', () => {
  /** A line each, never many ahead of what the log has: the stream lasts through the death of the leader. */
  async function feed(stdin: Writable, values: readonly string[], end: () => Promise<number>): Promise<void> {
    for (let at = 0; at < values.length; at += 100) {
      stdin.write(values.slice(at, at + 100).map((value) => `${value}\n`).join(''))
      await vi.waitFor(async () => expect(await end()).toBeGreaterThan(at - 1000), patience)
    }
    stdin.end()
  }

  /** It complains of every lost connection; that matters only when it fails. */
  async function endOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly stderr: string }> {
    let stderr = ''
    child.stderr!.setEncoding('utf8').on('data', (more: string) => (stderr += more))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stderr }
  }

  async function readWithKcat(topic: string): Promise<string[]> {
    const argv = ['-C', '-b', cluster.bootstrap.join(','), '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q']
    const child = spawn('kcat', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
    const said = await endOf(child)
    expect(said).toMatchObject({ code: 0 })
    return text.split('\n').slice(0, -1)
  }

  it.each([{ idempotent: false }, { idempotent: true }])('idempotent: $idempotent, keeps what it was told through the death of the leader', async ({ idempotent }) => {
    const topic = `kcat-${idempotent}`
    await cluster.createTopic(topic)
    const values = Array.from({ length: total }, (_, i) => `kcat-${i}`)
    const argv = ['-P', '-b', cluster.bootstrap.join(','), '-t', topic, '-p', '0', '-X', 'acks=all']
    const small = ['-X', `enable.idempotence=${idempotent}`, '-X', 'batch.num.messages=50']
    const child = spawn('kcat', [...argv, ...small], { stdio: ['pipe', 'ignore', 'pipe'] })
    const ended = endOf(child)
    try {
      const end = (): Promise<number> => cluster.end(topic)
      await Promise.all([leaderDiesAndReturns(topic, end), feed(child.stdin, values, end)])
      expect(await ended, 'every delivery was acknowledged').toMatchObject({ code: 0 })
    } finally {
      child.kill('SIGKILL')
    }
    const read = await readWithKcat(topic)
    if (idempotent) expect(read).toEqual(values)
    expect(missing(values, read)).toEqual([])
    expectNobodyElseEnded()
  })
})
