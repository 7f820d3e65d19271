/** The gateway before a real broker: what it answers, what it records, and what it does when there is too much. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Recorder } from '../../history/recorder.ts'
import type { Op } from '../../history/op.ts'
import { LiveCluster } from '../testing/live-cluster.testing.ts'
import { gatewayProducer, openGateway, type Gateway } from './gateway.ts'

let cluster: LiveCluster
let gateway: Gateway
let recorder: Recorder
let clusterId: string
let processes = 0

function open(openRecordsMax: number): Promise<Gateway> {
  return openGateway({
    loop: cluster.loop,
    makeClient: (name) => cluster.client(name),
    producer: gatewayProducer,
    host: '127.0.0.1',
    port: 0,
    timeoutMs: 20_000,
    openRecordsMax,
    history: { recorder, nextProcess: () => processes++ },
  })
}

beforeAll(async () => {
  cluster = await LiveCluster.start({ brokers: 1 })
  await cluster.createTopic('orders', { partitions: 3 })
  recorder = new Recorder(() => cluster.loop.now())
  gateway = await open(1000)
  clusterId = ((await ask('GET', '/v3/clusters')).json as { data: { cluster_id: string }[] }).data[0]!.cluster_id
})
afterAll(async () => {
  await gateway?.close()
  await cluster?.close()
})

interface Answer {
  readonly status: number
  readonly text: string
  readonly json: unknown
}

async function ask(method: string, path: string, body?: string | object, type = 'application/json'): Promise<Answer> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const response = await fetch(`${gateway.url}${path}`, { method, ...(text !== undefined && { body: text, headers: { 'content-type': type } }) })
  const answer = await response.text()
  let json: unknown
  try {
    json = JSON.parse(answer)
  } catch {}
  return { status: response.status, text: answer, json }
}

function produce(body: string | object, topic = 'orders'): Promise<Answer> {
  return ask('POST', `/v3/clusters/${clusterId}/topics/${topic}/records`, body)
}

function value(data: string): object {
  return { value: { type: 'STRING', data } }
}

function reportsOf(text: string): Record<string, unknown>[] {
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('produce', () => {
  it('tells where a record went, and the history tells the same', async () => {
    const { status, json } = await produce({ partition_id: 2, key: { type: 'STRING', data: 'k' }, ...value('first') })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      error_code: 200, cluster_id: clusterId, topic_name: 'orders', partition_id: 2, offset: 0,
      key: { type: 'STRING', size: 1 }, value: { type: 'STRING', size: 5 },
    })
    const ops = recorder.ops.filter(({ f }) => f === 'send')
    expect(ops.map(({ type, value, client }) => ({ type, value, client }))).toEqual([
      { type: 'invoke', value: [{ f: 'send', key: 'orders-2', value: 'first' }], client: 'gateway' },
      { type: 'ok', value: [{ f: 'send', key: 'orders-2', value: 'first', offset: 0 }], client: 'gateway' },
    ])
  })

  it('answers many records with as many reports in their order, refused ones among them', async () => {
    const before = recorder.ops.length
    const bodies = [{ partition_id: 0, ...value('a') }, { partition_id: 9, ...value('b') }, { partition_id: 0, ...value('c') }, { value: 3 }]
    const { status, text } = await produce(bodies.map((each) => JSON.stringify(each)).join(''))
    expect(status).toBe(200)
    expect(reportsOf(text).map((report) => report['error_code'])).toEqual([200, 40_403, 200, 400])
    expect(reportsOf(text).map((report) => report['offset'])).toEqual([0, undefined, 1, undefined])
    expect(recorder.ops.slice(before).filter(({ type }) => type === 'invoke')).toHaveLength(2)
  })

  it('reports on a stream as it goes, not at its end', async () => {
    const path = new URL(`${gateway.url}/v3/clusters/${clusterId}/topics/orders/records`)
    const told: string[] = []
    await new Promise<void>((done, reject) => {
      const stream = request(path, { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } })
      stream.on('error', reject)
      stream.on('response', (response) => {
        response.setEncoding('utf8').on('data', (text: string) => {
          told.push(text)
          if (told.length === 1) stream.end(JSON.stringify({ partition_id: 1, ...value('s2') }))
        })
        response.on('end', done)
      })
      stream.write(JSON.stringify({ partition_id: 1, ...value('s1') }))
    })
    expect(reportsOf(told.join('')).map((report) => report['offset'])).toEqual([0, 1])
  })

  it.each([
    ['not JSON', '{"value":', 400, 400],
    ['nothing', '', 400, 400],
    ['an unknown format', { value: { type: 'AVRO', data: {} } }, 422, 422],
    ['a partition that is not there', { partition_id: 7, ...value('x') }, 404, 40_403],
    ['more than a body may have', ' '.repeat(5_000_000), 413, 413],
  ])('refuses %s', async (_name, body, status, code) => {
    const answer = await produce(body)
    expect({ status: answer.status, code: (answer.json as { error_code: number }).error_code }).toEqual({ status, code })
  })

  it('refuses a topic, a cluster, a type and a path that are not there', async () => {
    expect(await produce(value('x'), 'nope')).toMatchObject({ status: 404, json: { error_code: 40_403 } })
    expect(await ask('POST', '/v3/clusters/other/topics/orders/records', value('x'))).toMatchObject({ status: 404, json: { error_code: 404 } })
    expect(await ask('POST', `/v3/clusters/${clusterId}/topics/orders/records`, 'x', 'text/plain')).toMatchObject({ status: 415 })
    expect(await ask('GET', '/nope')).toMatchObject({ status: 404, json: { error_code: 404 } })
  })

  it('takes no more records than may be open, and nothing of what it refuses is in the history', async () => {
    const small = await open(2)
    const before = recorder.ops.length
    try {
      const bodies = Array.from({ length: 5 }, (_, at) => JSON.stringify({ partition_id: 0, ...value(`full-${at}`) }))
      const response = await fetch(`${small.url}/v3/clusters/${clusterId}/topics/orders/records`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: bodies.join(''),
      })
      expect(reportsOf(await response.text()).map((report) => report['error_code'])).toEqual([200, 200, 429, 429, 429])
      expect(recorder.ops.slice(before).filter(({ type }) => type === 'invoke')).toHaveLength(2)
      expect(small.sender.counts).toEqual({ ok: 2, fail: 0, info: 0, refused: 3 })
    } finally {
      await small.close()
    }
  })
})

describe('topics and offsets', () => {
  it('are told in both versions', async () => {
    expect((await ask('GET', '/topics')).json).toContain('orders')
    expect((await ask('GET', '/topics/orders')).json).toMatchObject({ name: 'orders', partitions: [{ partition: 0 }, { partition: 1 }, { partition: 2 }] })
    expect((await ask('GET', '/topics/orders/partitions/1/offsets')).json).toEqual({ beginning_offset: 0, end_offset: await cluster.end('orders', 1) })
    expect(await ask('GET', '/topics/orders/partitions/5')).toMatchObject({ status: 404, json: { error_code: 40_402 } })
    const topics = `/v3/clusters/${clusterId}/topics`
    expect(await ask('POST', topics, { topic_name: 'made', partitions_count: 2 })).toMatchObject({ status: 201, json: { topic_name: 'made', partitions_count: 2 } })
    expect((await ask('GET', `${topics}/made/partitions`)).json).toMatchObject({ data: [{ partition_id: 0 }, { partition_id: 1 }] })
    expect(await ask('DELETE', `${topics}/made`)).toMatchObject({ status: 204 })
    expect(await ask('GET', `${topics}/made`)).toMatchObject({ status: 404 })
    expect(await ask('POST', topics, { topic_name: 'made', partitions_count: 0 })).toMatchObject({ status: 400 })
  })
})

describe('reading by assignment', () => {
  const v2 = 'application/vnd.kafka.v2+json'
  const instance = '/consumers/readers/instances/one'

  it('gives every record once, however little an answer may hold, and each answer is one poll', async () => {
    await cluster.createTopic('read')
    for (const data of ['r1', 'r2', 'r3']) await produce(value(data), 'read')
    expect(await ask('POST', '/consumers/readers', { name: 'one', format: 'binary', 'auto.offset.reset': 'earliest' }, v2)).toMatchObject({ status: 200, json: { instance_id: 'one' } })
    expect(await ask('POST', '/consumers/readers', { name: 'one' }, v2)).toMatchObject({ status: 409, json: { error_code: 40_902 } })
    expect(await ask('POST', `${instance}/assignments`, { partitions: [{ topic: 'read', partition: 0 }] }, v2)).toMatchObject({ status: 204 })
    const read = async (): Promise<string[]> => {
      const { json } = await ask('GET', `${instance}/records?timeout=20000&max_bytes=3`)
      return (json as { value: string }[]).map((record) => Buffer.from(record.value, 'base64').toString())
    }
    expect([await read(), await read(), await read()]).toEqual([['r1'], ['r2'], ['r3']])
    await ask('POST', `${instance}/positions`, { offsets: [{ topic: 'read', partition: 0, offset: 1 }] }, v2)
    expect(await read()).toEqual(['r2'])
    await ask('POST', `${instance}/positions/beginning`, { partitions: [{ topic: 'read', partition: 0 }] }, v2)
    expect(await read()).toEqual(['r1'])
    const polls = recorder.ops.filter(({ client, f, type }: Op) => client === 'one' && f === 'poll' && type === 'ok')
    expect(polls).toHaveLength(5)
    expect(await ask('DELETE', instance)).toMatchObject({ status: 204 })
    expect(await ask('GET', `${instance}/records`)).toMatchObject({ status: 404, json: { error_code: 40_403 } })
  })

  it('refuses what it cannot do', async () => {
    expect(await ask('POST', '/consumers/readers', { name: 'two', format: 'avro' }, v2)).toMatchObject({ status: 422, json: { error_code: 42_204 } })
    await ask('POST', '/consumers/readers', { name: 'two', format: 'json' }, v2)
    const two = '/consumers/readers/instances/two'
    expect(await ask('POST', `${two}/assignments`, { partitions: [{ topic: 'read' }] }, v2)).toMatchObject({ status: 422 })
    expect(await ask('POST', `${two}/positions/end`, { partitions: [{ topic: 'read', partition: 0 }] }, v2)).toMatchObject({ status: 409 })
    expect(await ask('POST', `${two}/subscription`, { topics: ['read'] }, v2)).toMatchObject({ status: 404 })
    await ask('DELETE', two)
  })
})
