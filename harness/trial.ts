/**
 * One trial from the first topic to the last read, the same on every target: traffic and faults together, then healing,
 * a bound in which everything must be back, a final reading by fresh clients. It only runs and records; what it meant
 * is for the checkers.
 */
import type { Key, Phase, RunConfig, SendMicroOp } from '../history/op.ts'
import type { Recorder } from '../history/recorder.ts'
import { kill } from '../nemesis/kill.ts'
import type { BrokerControl } from '../nemesis/control.ts'
import { Nemesis, type NemesisPlan } from '../nemesis/nemesis.ts'
import { PowerGuard, type PowerRules } from '../nemesis/power-guard.ts'
import type { Loop } from '../ports/loop.ts'
import { randomPick, type Random } from '../ports/random.ts'
import type { ClusterInfo, NewTopic, WorkloadClient } from '../workloads/client/client.ts'
import type { Sasl } from '../workloads/client/sasl.ts'
import { Observer } from '../workloads/observer.ts'
import { keyOf, type RunningWorkload, type Workload, type WorkloadOptions } from '../workloads/workload.ts'
import { probeTopics } from './broker-probes.ts'
import { clusterView, type ViewSetup } from './cluster-view.ts'
import type { Profile } from './profile.ts'

export interface TrialPlan {
  readonly workload: Workload
  readonly workloadOptions: WorkloadOptions
  readonly topics: readonly NewTopic[]
  readonly nemesis: NemesisPlan
  readonly profile: Profile
  /** Traffic and faults together: at least this long, and until `acknowledgedMin` sends are ok, at most six times it. */
  readonly faultsMs: number
  readonly acknowledgedMin: number
  /** After everything has healed, one broker is killed for good, and the rest must serve all the same. */
  readonly healOnlyCore: boolean
  readonly observeIntervalMs: number
  /** For the final reads. */
  readonly finalMs: number
  /** What the policy table reads, and the floors. */
  readonly config: RunConfig
}

export interface TrialSetup {
  readonly loop: Loop
  readonly random: Random
  readonly recorder: Recorder
  readonly control: BrokerControl
  readonly address: (brokerId: number) => { readonly host: string; readonly port: number }
  /** Where a broker listens itself, when a proxy stands before it: a dead one refuses there. */
  readonly ownAddress?: (brokerId: number) => { readonly host: string; readonly port: number }
  /** Where not even that tells a dead broker from a live one. */
  readonly refuses?: ViewSetup['refuses']
  readonly makeClient: (name: string) => WorkloadClient
  /** What the workload drives instead, when it is not our own client. */
  readonly makeWorkloadClient?: (name: string) => WorkloadClient
  readonly plan: TrialPlan
  /** Who the observer is to brokers that ask. */
  readonly sasl?: Sasl
  /** Makes whatever is bad beside the faults (network, disks) good again. */
  readonly calm?: () => void
}

const setUpMs = 60_000
const pollMs = 100
const faultsTimesMax = 6

/** Faults of the plan that this target has no means for, each once. */
function unavailableFaults({ plan, control }: TrialSetup): string[] {
  const missing = plan.nemesis.attacks.filter(({ fault }) => fault.isAvailable?.(control) === false)
  return [...new Set(missing.map(({ fault }) => fault.name))]
}

function powerRules(topics: readonly NewTopic[]): (key: Key) => PowerRules {
  const rules = new Map(topics.flatMap(({ name, partitions, configs }) => {
    const minInSyncReplicas = Number(configs?.['min.insync.replicas'] ?? 1)
    const ofTopic = { minInSyncReplicas, syncsFirst: configs?.['flush.messages'] === '1' }
    return Array.from({ length: partitions }, (_, partition) => [keyOf(name, partition), ofTopic] as const)
  }))
  return (key) => rules.get(String(key))!
}

export class Trial {
  readonly #setup: TrialSetup
  readonly #observer: Observer
  readonly #nemesis: Nemesis
  readonly #client: WorkloadClient
  #workload: RunningWorkload | undefined
  #nextProcess = 0
  #stopping = false
  #endFaults: (() => void) | undefined
  #acknowledged = 0
  /** Topics of this trial; a cluster may have others. */
  #made: ReadonlySet<string> = new Set()
  /** Partitions of which nothing was acknowledged since recovery was last demanded. */
  readonly #unserved = new Set<Key>()
  phase: Phase | 'set-up' = 'set-up'

  constructor(setup: TrialSetup) {
    const { loop, random, recorder, control, plan } = setup
    this.#setup = setup
    recorder.listen(({ f, type, value }) => {
      if (f !== 'send' || type !== 'ok') return
      this.#acknowledged++
      for (const { key } of value as readonly SendMicroOp[]) this.#unserved.delete(key)
    })
    this.#client = setup.makeClient('harness')
    const guard = plan.config.beyondPromises === undefined ? new PowerGuard(powerRules(plan.topics)) : undefined
    this.#observer = new Observer({
      loop,
      recorder,
      makeClient: setup.makeClient,
      brokers: control.brokerIds.map((node) => ({ node, ...setup.address(node) })),
      topics: plan.topics.map(({ name, partitions }) => ({ name, partitions })),
      observeIntervalMs: plan.observeIntervalMs,
      ...(setup.sasl !== undefined && { sasl: setup.sasl }),
      onObserved: (observed) => guard?.observed(observed),
    })
    this.#nemesis = new Nemesis({
      loop,
      random,
      recorder,
      control,
      view: clusterView({
        loop,
        observer: this.#observer,
        client: this.#client,
        address: setup.ownAddress ?? setup.address,
        ...(setup.refuses !== undefined && { refuses: setup.refuses }),
      }),
      plan: plan.nemesis,
      evidenceTimeoutMs: plan.profile.evidenceMs,
      ...(guard !== undefined && { guard }),
    })
  }

  /** `done(undefined)` at the end; a sentence when there was nothing to try, because the cluster never came up. */
  run(done: (failure: string | undefined) => void): void {
    const missing = unavailableFaults(this.#setup)
    if (missing.length > 0) return this.#close(() => done(`this target cannot be broken by ${missing.join(', ')}`))
    this.#record('config', this.#setup.plan.config)
    return this.#setUp((failure) => {
      if (failure !== undefined) return this.#close(() => done(failure))
      return this.#faults(() => this.#heal(() => this.#final(() => this.#close(() => done(undefined)))))
    })
  }

  /** Ends the faults now, heals, and goes on to judge what there is: what Ctrl-C asks for. */
  cutShort(): void {
    this.#stopping = true
    this.#endFaults?.()
  }

  #record(f: string, value: unknown, type: 'info' | 'ok' = 'info'): void {
    this.#setup.recorder.record({ process: 'harness', type, f, value })
  }

  #enter(phase: Phase): void {
    this.phase = phase
    this.#record('phase', phase)
  }

  #setUp(done: (failure: string | undefined) => void): void {
    const { plan, loop } = this.#setup
    const deadlineMs = loop.now() + setUpMs
    const topicsBefore = new Set<string>()
    const allUp = ({ nodes, topics: known }: ClusterInfo): boolean => {
      for (const { name } of known) topicsBefore.add(name)
      return nodes.length === this.#setup.control.brokerIds.length
    }
    this.#awaitCluster(deadlineMs, allUp, (allBrokers) => {
      if (!allBrokers) return done('the brokers did not come up in time')
      const probes = plan.nemesis.attacks.some(({ fault }) => fault.needsWrites) ? probeTopics(this.#setup.control.brokerIds) : []
      const topics = [...plan.topics, ...probes]
      this.#made = new Set(topics.map(({ name }) => name))
      return this.#client.admin.createTopics(topics, setUpMs, (created) => {
        // A request whose answer was lost is repeated, and then finds its own work.
        const isOurs = !created.ok && created.error.code === 'TOPIC_ALREADY_EXISTS' && !topics.some(({ name }) => topicsBefore.has(name))
        if (!created.ok && !isOurs) return done(`the topics could not be made: ${created.error.code}`)
        return this.#awaitCluster(deadlineMs, (info) => this.#whole(info), (whole) => {
          done(whole ? undefined : 'the topics did not come into service in time')
        })
      })
    })
  }

  /** Every partition has a leader and all its replicas in sync. */
  #whole({ topics }: ClusterInfo, absent: readonly number[] = []): boolean {
    const partitions = topics.filter(({ name }) => this.#made.has(name)).flatMap((topic) => topic.partitions)
    const wanted = this.#setup.plan.topics.reduce((sum, topic) => sum + topic.partitions, 0)
    return partitions.length >= wanted && partitions.every(({ leader, replicas, inSyncReplicas }) => {
      const needed = replicas.filter((id) => !absent.includes(id))
      return leader >= 0 && !absent.includes(leader) && needed.every((id) => inSyncReplicas.includes(id))
    })
  }

  #awaitCluster(deadlineMs: number, holds: (info: ClusterInfo) => boolean, done: (met: boolean) => void): void {
    const { loop, plan } = this.#setup
    const names = plan.topics.map(({ name }) => name)
    const ask = (): void =>
      this.#client.admin.metadata(this.phase === 'set-up' ? null : names, plan.profile.clients.requestTimeoutMs, (result) => {
        if (result.ok && holds(result.value)) return done(true)
        if (loop.now() >= deadlineMs) return done(false)
        return void loop.after(pollMs, ask)
      })
    ask()
  }

  #faults(done: () => void): void {
    const { loop, random, recorder, plan, makeClient, makeWorkloadClient = makeClient } = this.#setup
    this.#enter('faults')
    this.#observer.start()
    this.#workload = plan.workload.start({
      loop,
      random,
      recorder,
      makeClient: makeWorkloadClient,
      topics: plan.topics.map(({ name, partitions }) => ({ name, partitions })),
      options: plan.workloadOptions,
      nextProcess: () => this.#nextProcess++,
    })
    this.#nemesis.start()
    const latestMs = loop.now() + (this.#stopping ? 0 : faultsTimesMax * plan.faultsMs)
    let timer = loop.after(this.#stopping ? 0 : plan.faultsMs, () => look())
    const look = (): void => {
      if (this.#acknowledged >= plan.acknowledgedMin || loop.now() >= latestMs) this.#endFaults?.()
      else timer = loop.after(pollMs, look)
    }
    this.#endFaults = () => {
      this.#endFaults = undefined
      loop.cancel(timer)
      done()
    }
  }

  #heal(done: () => void): void {
    const { plan, loop } = this.#setup
    this.#nemesis.stop(() => {
      this.#setup.calm?.()
      this.#enter('heal')
      this.#demandRecovery([], (recovered) => {
        if (!plan.healOnlyCore || !recovered || this.#stopping) return done()
        return void loop.after(plan.profile.settleMs, () => this.#loseOne(done))
      })
    })
  }

  /** Waits until all are in sync and stay so: a leader that was frozen may just be dropping everybody else. */
  #loseOne(done: () => void): void {
    const { control, random } = this.#setup
    this.#demandRecovery([], (recovered) => {
      if (!recovered) return done()
      const lost = randomPick(random, control.brokerIds)
      return this.#nemesis.strike(kill, [lost], () => {
        this.#enter('heal')
        this.#demandRecovery([lost], () => done())
      })
    })
  }

  /**
   * Every partition has its leader and replicas again, and takes records: what the cluster says of itself may be old. The
   * traffic goes on meanwhile, so that what does not come back shows in the history as well.
   */
  #demandRecovery(absent: readonly number[], done: (recovered: boolean) => void): void {
    const { loop, plan } = this.#setup
    const startMs = loop.now()
    const { recoveryMs } = plan.profile
    const deadlineMs = startMs + recoveryMs
    for (const { name, partitions } of plan.topics) for (let i = 0; i < partitions; i++) this.#unserved.add(keyOf(name, i))
    this.#awaitServed(deadlineMs, () => {
      this.#awaitCluster(deadlineMs, (info) => this.#whole(info, absent), (whole) => {
        const complete = whole && this.#unserved.size === 0
        const tookMs = Math.round(loop.now() - startMs)
        this.#record('recovered', { complete, absent, unserved: [...this.#unserved], boundMs: recoveryMs, tookMs }, complete ? 'ok' : 'info')
        done(complete)
      })
    })
  }

  #awaitServed(deadlineMs: number, done: () => void): void {
    const { loop } = this.#setup
    if (this.#unserved.size === 0 || loop.now() >= deadlineMs) return done()
    return void loop.after(pollMs, () => this.#awaitServed(deadlineMs, done))
  }

  #final(done: () => void): void {
    const workload = this.#workload!
    workload.stop(() => {
      this.#enter('final')
      workload.finalReads(this.#setup.loop.now() + this.#setup.plan.finalMs, () => {
        workload.close()
        this.#enter('end')
        done()
      })
    })
  }

  #close(done: () => void): void {
    this.#observer.close()
    this.#client.close()
    done()
  }
}
