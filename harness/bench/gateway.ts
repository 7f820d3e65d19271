/**
 * The gateway against its own framework: requests a second with one record each, acknowledged by a broker process, beside
 * the same framework that parses the same JSON and answers 200. Both in turn, driven by the same worker.
 */
import Fastify from 'fastify'
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { ClusterInfo } from '../../workloads/client/client.ts'
import { brokerCommand } from '../broker-command.ts'
import { scriptBeside } from '../checkout.ts'
import { gatewayProducer, openGateway, openRecordsMax } from '../gateway/gateway.ts'
import { profiles } from '../profile.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'
import type { Figure } from './bench.ts'
import { listed } from './broker-process.ts'
import type { Driven, DriveOrder } from './http-driver.ts'

const rounds = 5
const connections = 64
const warmUpMs = 500
const measureMs = 2000
const topic = 'bench'
const timeoutMs = 20_000
const body = JSON.stringify({ key: { type: 'STRING', data: 'key-17' }, value: { type: 'STRING', data: 'v'.repeat(100) } })

export async function gatewayFigures(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tribunal-bench-'))
  const cluster = await ProcessCluster.prepare({
    brokers: 1, settings: {}, dataDir: directory, logDir: join(directory, 'logs'), recipe: referenceBroker(await brokerCommand()),
  })
  const runner = new NodeRunner({ seed: 1 })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const worker = new Worker(scriptBeside(import.meta, 'http-driver'))
  try {
    const failed = await cluster.startAll()
    if (failed !== undefined) throw new Error(failed.message)
    return [figureOf(await compare(loop, cluster, worker))]
  } finally {
    await worker.terminate()
    await cluster.stopAll(2000)
    await runner.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Pair {
  readonly gateway: number
  readonly framework: number
}

async function compare(loop: Loop, cluster: ProcessCluster, worker: Worker): Promise<Pair[]> {
  const makeClient = wireClients(loop, [cluster.address(1)], profiles.attached)
  const client = makeClient('bench')
  await listed(client)
  await new Promise((done) => client.admin.createTopics([{ name: topic, partitions: 4, replicationFactor: 1 }], timeoutMs, done))
  const clusterId = await new Promise<string>((resolve, reject) => client.admin.metadata([topic], timeoutMs, (result) => {
    if (result.ok) resolve((result.value satisfies ClusterInfo).clusterId ?? 'unknown')
    else reject(new Error(result.error.code))
  }))
  const gateway = await openGateway({ loop, makeClient, producer: gatewayProducer, host: '127.0.0.1', port: 0, timeoutMs, openRecordsMax })
  const framework = Fastify()
  const path = `/v3/clusters/${clusterId}/topics/${topic}/records`
  framework.post(path, async () => ({ error_code: 200 }))
  await framework.listen({ host: '127.0.0.1', port: 0 })
  const { port } = framework.server.address() as AddressInfo
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    pairs.push({
      framework: await driven(worker, path, port),
      gateway: await driven(worker, path, Number(new URL(gateway.url).port)),
    })
  }
  await gateway.close()
  await framework.close()
  client.close()
  return pairs
}

async function driven(worker: Worker, path: string, port: number): Promise<number> {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`
  const order: DriveOrder = { host: '127.0.0.1', port, request: head + body, connections, warmUpMs, measureMs }
  const { answers, others, seconds } = await new Promise<Driven>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.postMessage(order)
  })
  if (others > 0) throw new Error(`${others} requests were not answered with 200`)
  return answers / seconds
}

function figureOf(pairs: readonly Pair[]): Figure {
  const percents = pairs.map(({ gateway, framework }) => (100 * gateway) / framework).sort((a, b) => a - b)
  const middle = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!
  const rate = (name: keyof Pair): string => Math.round(middle(pairs.map((pair) => pair[name]))).toLocaleString('en')
  return {
    name: 'gateway, of its framework',
    value: Math.round(middle(percents)),
    unit: '% of the requests a second',
    goal: 'at least 50 %',
    how: `one record a request over ${connections} connections, acknowledged by one broker process: ${rate('gateway')}/s; the framework alone, `
      + `parsing the same JSON and answering 200: ${rate('framework')}/s; median of ${rounds} pairs, ${Math.round(percents[0]!)} to ${Math.round(percents.at(-1)!)} %`,
  }
}
