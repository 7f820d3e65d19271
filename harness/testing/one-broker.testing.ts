/** One broker that is dialled by way of a rule proxy, in a world of its own, and whatever is to be tried before it. */
import type { Op } from '../../history/op.ts'
import { Recorder } from '../../history/recorder.ts'
import { RuleProxy } from '../../nemesis/wire-rules/rule-proxy.ts'
import { Loop } from '../../ports/loop.ts'
import type { Random } from '../../ports/random.ts'
import { soundDecisions } from '../../reference-broker/core/decisions.ts'
import { brokerName, clientPort, SimCluster } from '../../simulator/sim-cluster.ts'
import { calmDisk } from '../../simulator/sim-disk.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import type { NewTopic } from '../../workloads/client/client.ts'
import type { WorkloadContext } from '../../workloads/workload.ts'
import { profiles } from '../profile.ts'
import { wireClients } from '../wire-clients.ts'

const machine = 'clients'
const proxyPort = 9200

export class OneBroker {
  readonly #world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  #recorder: Recorder | undefined
  proxy: RuleProxy | undefined

  /** `begin` when the topics are there. */
  constructor(topics: readonly Omit<NewTopic, 'replicationFactor'>[], begin: (context: WorkloadContext) => void) {
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
      const recorder = new Recorder(() => this.#world.now())
      this.#recorder = recorder
      proxy.open(() => this.#makeTopics(topics, { loop, recorder, random: ports.random }, begin))
      return loop
    })
  }

  #makeTopics(
    topics: readonly Omit<NewTopic, 'replicationFactor'>[],
    around: { readonly loop: Loop; readonly recorder: Recorder; readonly random: Random },
    begin: (context: WorkloadContext) => void,
  ): void {
    const makeClient = wireClients(around.loop, [{ host: machine, port: proxyPort + 1 }], profiles.trial)
    let processes = 0
    makeClient('topics').admin.createTopics(topics.map((topic) => ({ ...topic, replicationFactor: 1 })), 20_000, () => {
      begin({ ...around, makeClient, topics, nextProcess: () => processes++ })
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
