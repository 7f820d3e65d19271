/** One worker of a pipeline before brokers of ours, with single answers replaced on the way. */
import { expect, it } from 'vitest'
import type { MicroOp, Op } from '../history/op.ts'
import { Recorder } from '../history/recorder.ts'
import { RuleProxy } from '../nemesis/wire-rules/rule-proxy.ts'
import type { WireRule } from '../nemesis/wire-rules/rule.ts'
import { Loop } from '../ports/loop.ts'
import { soundDecisions } from '../reference-broker/core/decisions.ts'
import { brokerName, clientPort, SimCluster } from '../simulator/sim-cluster.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { calmNetwork } from '../simulator/sim-wire.ts'
import { World } from '../simulator/world.ts'
import { producerDefaults } from '../workloads/client/defaults.ts'
import type { PipelineOptions } from '../workloads/consume-transform-produce/pipeline-options.ts'
import { Worker } from '../workloads/consume-transform-produce/worker.ts'
import { pipelineOptions } from './pipeline-part.ts'
import { drawTraffic } from './pipeline-swarm.ts'
import { profiles } from './profile.ts'
import { ownSite } from './site.ts'
import { wireClients } from './wire-clients.ts'

const machine = 'clients'
const proxyPort = 9200
const inputs = { name: 'inputs', partitions: 1 }
const outputs = [{ name: 'outputs', partitions: 1 }]
const records = 5

/** A worker of a KIP-848 group on one broker, which is dialled by way of a proxy, and some inputs. */
class Ground {
  readonly #world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  #recorder: Recorder | undefined
  proxy: RuleProxy | undefined

  constructor(delivery: PipelineOptions['delivery']) {
    const settings = {
      ...profiles.trial.settings, 'offsets.topic.replication.factor': '1', 'transaction.state.log.replication.factor': '1', 'transaction.state.log.min.isr': '1',
    }
    const cluster = new SimCluster(this.#world, {
      brokers: 1,
      settings,
      settingsOf: (id) => ({ 'advertised.listeners': `PLAINTEXT://${machine}:${proxyPort + id}` }),
      decisions: soundDecisions,
    })
    const [node] = cluster.brokerIds
    this.#world.addClient(machine, (ports) => {
      const loop = new Loop(ports)
      const proxy = new RuleProxy({
        loop,
        host: machine,
        nodes: [node!],
        portOf: () => proxyPort + node!,
        upstream: () => ({ host: brokerName(node!), port: clientPort }),
      })
      this.proxy = proxy
      this.#recorder = new Recorder(() => this.#world.now())
      proxy.open(() => this.#begin(loop, this.#recorder!, { random: ports.random, delivery }))
      return loop
    })
  }

  #begin(loop: Loop, recorder: Recorder, { random, delivery }: { readonly random: Loop['ports']['random']; readonly delivery: PipelineOptions['delivery'] }): void {
    const makeClient = wireClients(loop, [{ host: machine, port: proxyPort + 1 }], profiles.trial)
    const client = makeClient('inputs')
    const topics = [inputs, ...outputs].map((topic) => ({ ...topic, replicationFactor: 1 }))
    const pipeline = pipelineOptions(drawTraffic(random, profiles.trial), profiles.trial, ownSite)
    const options = {
      ...pipeline,
      delivery,
      group: { ...pipeline.group, protocol: 'consumer' as const, assignors: [], topics: [inputs.name] },
      crashChance: 0,
      pauseChance: 0,
      abortChance: 0,
    }
    let processes = 0
    const context = { loop, random, recorder, makeClient, topics, nextProcess: () => processes++ }
    client.admin.createTopics(topics, 20_000, () => {
      const producer = client.producer(producerDefaults)
      for (let i = 0; i < records; i++) producer.send({ topic: inputs.name, partition: 0, key: null, value: new Uint8Array([i]) }, () => undefined)
      void new Worker({
        context, options, name: 'worker', transactionalId: 'worker', outputs, outside: undefined, acknowledged: new Map(), onGone: () => undefined,
      })
    })
  }

  get ops(): readonly Op[] {
    return this.#recorder!.ops
  }

  of(f: string, type: Op['type']): readonly Op[] {
    return this.ops.filter((op) => op.f === f && op.type === type)
  }

  until(what: string, holds: () => boolean): void {
    this.#world.run({ untilMs: this.#world.now() + 60_000, while: () => !holds() && this.#world.failures.length === 0 })
    const [failure] = this.#world.failures
    if (failure !== undefined) throw failure.error
    if (!holds()) throw new Error(`never: ${what}; ${JSON.stringify(this.ops.slice(-5))}`)
  }
}

/** Its offsets are late; meanwhile it loses what it polled, and is let in again as who it still was, and begins where that began. */
function letInAgainWhileCommitting(delivery: PipelineOptions['delivery'], api: 'TxnOffsetCommit' | 'OffsetCommit'): Ground {
  const ground = new Ground(delivery)
  ground.until('a proxy', () => ground.proxy !== undefined)
  const proxy = ground.proxy!
  const late: WireRule = { name: 'late offsets', match: { api }, times: 1000, act: { do: 'answer', error: 'COORDINATOR_NOT_AVAILABLE' } }
  proxy.setRules([late])
  ground.until('offsets on the way', () => proxy.record.some(({ rule }) => rule === late.name))
  proxy.setRules([late, { name: 'unknown', match: { api: 'ConsumerGroupHeartbeat' }, act: { do: 'answer', error: 'UNKNOWN_MEMBER_ID' } }])
  ground.until('a second assignment', () => ground.of('assigned', 'info').length === 2)
  const generations = ground.of('join', 'ok').map(({ value }) => (value as { generation: number }).generation)
  expect(new Set(generations).size, 'the coordinator let it in as who it still was').toBe(1)
  proxy.setRules([])
  return ground
}

/** Written, by what it read. */
function inputsOf(ops: readonly Op[]): string[] {
  return ops.flatMap(({ value }) => (value as MicroOp[]).flatMap((micro) => (micro.f === 'send' ? [String(micro.value).split('#')[0]!] : []))).toSorted()
}

const everyInput = Array.from({ length: records }, (_, offset) => `inputs-0@${offset}`)

it('commits no transaction of what it lost', () => {
  const ground = letInAgainWhileCommitting('exactly-once', 'TxnOffsetCommit')
  ground.until('all inputs done', () => ground.of('txn', 'ok').length > 0)
  ground.until('a poll after that', () => ground.ops.at(-1)!.f === 'poll' && ground.ops.at(-1)!.type === 'ok')
  const [first] = [...ground.of('txn', 'ok'), ...ground.of('txn', 'fail')].toSorted((a, b) => a.index - b.index)
  expect(first!.type).toBe('fail')
  expect(inputsOf(ground.of('txn', 'ok'))).toEqual(everyInput)
})

it('at most once, writes nothing of what it lost while it committed', () => {
  const ground = letInAgainWhileCommitting('at-most-once', 'OffsetCommit')
  ground.until('its commits', () => ground.of('commit', 'ok').length === 2)
  ground.until('two polls after that', () => ground.ops.filter(({ f, type }) => f === 'poll' && type === 'ok').length > 4)
  expect(inputsOf(ground.of('send', 'ok'))).toEqual(everyInput)
})
