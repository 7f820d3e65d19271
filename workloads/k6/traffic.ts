/**
 * What virtual users do. One iteration of `produce` is one request with a batch of records; one of `read` is one read by
 * assignment. What k6 saw of each record is told in the metadata of one sample of `records_acked`, so that it can be held
 * against the history: `1` acknowledged, `0` answered otherwise, `?` not answered at all.
 */
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { batch, clusterId, readers, recordKeys, requestTimeoutMs, topics, url, valueSizeBytes } from './settings.ts'
import { valueOf } from './values.ts'

const recordsSent: Counter = new Counter('records_sent')
const recordsAcked: Counter = new Counter('records_acked')
const recordsRead: Counter = new Counter('records_read')
const produceTime: Trend = new Trend('produce_time', true)

export interface Found {
  readonly clusterId: string
}

/** Once, before all. */
export function setup(): Found {
  if (clusterId !== '') return { clusterId }
  const { data } = http.get(`${url}/v3/clusters`).json() as unknown as { data: { cluster_id: string }[] }
  return { clusterId: data[0]!.cluster_id }
}

const produceParams = { headers: { 'content-type': 'application/json' }, timeout: requestTimeoutMs, tags: { name: 'produce' } }

export function produce(found: Found): void {
  const { name: scenario, iterationInTest: number } = exec.scenario
  const topic = topics[number % topics.length]!
  const { metadata } = exec.vu.metrics
  delete metadata['request']
  delete metadata['outcomes']
  recordsSent.add(batch)
  const response = http.post(`${url}/v3/clusters/${found.clusterId}/topics/${topic}/records`, bodyOf(scenario, number), produceParams)
  const outcomes = outcomesOf(response.status, String(response.body ?? ''))
  produceTime.add(response.timings.duration)
  metadata['request'] = `${scenario}.${number}`
  metadata['outcomes'] = outcomes
  recordsAcked.add(outcomes.split('1').length - 1)
  delete metadata['request']
  delete metadata['outcomes']
}

function bodyOf(scenario: string, request: number): string {
  let body = ''
  for (let place = 0; place < batch; place++) {
    const key = `key-${(request * 7 + place) % recordKeys}`
    const value = valueOf(scenario, request, place).padEnd(valueSizeBytes, '.')
    body += `{"key":{"type":"STRING","data":"${key}"},"value":{"type":"STRING","data":"${value}"}}`
  }
  return body
}

/** One character a record, in their order. */
function outcomesOf(status: number, body: string): string {
  if (status === 0) return '?'.repeat(batch)
  const reports = status === 200 ? body.split('\n') : []
  let outcomes = ''
  for (let at = 0; at < batch; at++) outcomes += reports[at]?.includes('"error_code":200,') === true ? '1' : '0'
  return outcomes
}

const jsonV2 = { headers: { 'content-type': 'application/vnd.kafka.v2+json' }, tags: { name: 'consumer' } }
const readParams = { timeout: requestTimeoutMs, tags: { name: 'read' } }
let instance = ''

/** Every reader reads everything, from the beginning. */
export function read(found: Found): void {
  if (instance === '') instance = makeInstance(found)
  const response = http.get(`${instance}/records?timeout=500&max_bytes=1048576`, readParams)
  if (response.status !== 200) return
  recordsRead.add((response.json() as unknown as readonly unknown[]).length)
}

function makeInstance({ clusterId: cluster }: Found): string {
  const name = `k6-reader-${exec.vu.idInTest}`
  const config = { name, format: 'binary', 'auto.offset.reset': 'earliest' }
  const made = http.post(`${url}/consumers/k6-${readers}`, JSON.stringify(config), jsonV2).json() as unknown as { base_uri: string }
  const partitions = topics.flatMap((topic) => {
    const { data } = http.get(`${url}/v3/clusters/${cluster}/topics/${topic}/partitions`, jsonV2).json() as unknown as { data: { partition_id: number }[] }
    return data.map(({ partition_id: partition }) => ({ topic, partition }))
  })
  http.post(`${made.base_uri}/assignments`, JSON.stringify({ partitions }), jsonV2)
  return made.base_uri
}
