/**
 * One trial from the first topic to the last read, the same on every target: traffic and faults together, then healing,
 * a bound in which everything must be back, a final reading by fresh clients. It only runs and records; what it meant
 * is for the checkers.
 */
import type { Key, Phase } from '../history/op.ts'
import type { OpSink, Recorder } from '../history/recorder.ts'
import { kill } from '../nemesis/kill.ts'
import type { BrokerControl } from '../nemesis/control.ts'
import { Nemesis, type NemesisPlan } from '../nemesis/nemesis.ts'
import { PowerGuard, type PowerRules } from '../nemesis/power-guard.ts'
import type { Loop } from '../ports/loop.ts'
import { randomPick, type Random } from '../ports/random.ts'
import type { ClusterInfo, NewTopic, WorkloadClient } from '../workloads/client/client.ts'
import type { Sasl } from '../workloads/client/sasl.ts'
import { Observer } from '../workloads/observer.ts'
import { keyOf, type RunningWorkload, type WorkloadContext } from '../workloads/workload.ts'
import { probeTopics } from './broker-probes.ts'
import { clusterView, type ViewSetup } from './cluster-view.ts'
import { isFenced } from './coverage.ts'
import { Coordinators } from './coordinators.ts'
import type { Profile } from './profile.ts'
import { acknowledgedBy, specsOf, type TrialPart } from './trial-part.ts'

export interface TrialPlan {
  /** All at the same time, on one cluster that one nemesis breaks. */
  readonly parts: readonly TrialPart[]
  /** Levels of features to be finalized first; whatever the brokers begin with when missing. */
  readonly features?: Readonly<Record<string, number>>
  readonly nemesis: NemesisPlan
  readonly profile: Profile
  /** Traffic and faults together: at least this long, and until enough sends are ok. */
  readonly faultsMs: number
  /** And at most that long; six times `faultsMs`, or a minute, when missing. */
  readonly faultsMostMs?: number
  /** And until something was in force for this part of the time, healing included; none when missing. */
  readonly shareInForceMin?: number
  /** After everything has healed, one broker is killed for good, and the rest must serve all the same. */
  readonly healOnlyCore: boolean
  readonly observeIntervalMs: number
  /** Within this time all brokers are in the metadata, and the topics in service; a minute when missing. */
  readonly startsWithinMs?: number
  /** For the final reads. */
  readonly finalMs: number
}

export interface TrialSetup {
  readonly loop: Loop
  readonly random: Random
  /** Of the parts, in their order. */
  readonly recorders: readonly Recorder[]
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
/** A machine may be slow for a trial that is asked to be short; with nothing to judge it was for nothing. */
const faultsMostLeastMs = 60_000

/** Faults of the plan that this target has no means for, each once. */
function unavailableFaults({ plan, control }: TrialSetup): string[] {
  const missing = plan.nemesis.attacks.filter(({ fault }) => fault.isAvailable?.(control) === false)
  return [...new Set(missing.map(({ fault }) => fault.name))]
}

/** Of a topic's partitions, those that came later included. */
function powerRules(topics: readonly NewTopic[]): (key: Key) => PowerRules {
  const rules = new Map(topics.map(({ name, configs }) => {
    const minInSyncReplicas = Number(configs?.['min.insync.replicas'] ?? 1)
    return [name, { minInSyncReplicas, syncsFirst: configs?.['flush.messages'] === '1' }] as const
  }))
  return (key) => rules.get(String(key).replace(/-\d+$/, ''))!
}

/** Begins all at once; `done` when all have ended. */
function each<T>(all: readonly T[], begin: (one: T, ended: () => void) => void, done: () => void): void {
  let open = all.length
  for (const one of all) {
    begin(one, () => {
      open--
      if (open === 0) done()
    })
  }
}

interface Part extends TrialPart {
  readonly recorder: Recorder
  readonly observer: Observer
  running: RunningWorkload | undefined
  acknowledged: number
  transactions: number
  fenced: number
  /** Partitions of which nothing was acknowledged since recovery was last demanded. */
  readonly unserved: Set<Key>
}

function hasEnough({ acknowledged, acknowledgedMin, transactions, fenced, transactionsMin }: Part, { hasMoved }: Coordinators): boolean {
  const isTransacted = transactionsMin === undefined || (transactions >= transactionsMin && fenced > 0 && hasMoved)
  return acknowledged >= acknowledgedMin && isTransacted
}

export class Trial {
  readonly #setup: TrialSetup
  readonly #parts: readonly Part[]
  /** What all histories tell. */
  readonly #shared: OpSink
  readonly #nemesis: Nemesis
  readonly #client: WorkloadClient
  readonly #coordinators: Coordinators
  #nextProcess = 0
  #stopping = false
  #endFaults: (() => void) | undefined
  /** Faults end then, come what may. */
  #latestMs = 0
  /** Topics of this trial; a cluster may have others. */
  #made: ReadonlySet<string> = new Set()
  phase: Phase | 'set-up' = 'set-up'

  constructor(setup: TrialSetup) {
    const { loop, random, control, plan, recorders } = setup
    this.#setup = setup
    this.#shared = { record: (op) => recorders.forEach((recorder) => recorder.record(op)) }
    this.#client = setup.makeClient('harness')
    this.#coordinators = new Coordinators(loop, this.#client)
    const isBeyond = plan.parts.some(({ config }) => config.beyondPromises !== undefined)
    const guard = isBeyond ? undefined : new PowerGuard(powerRules(plan.parts.flatMap(({ topics }) => topics)))
    this.#parts = plan.parts.map((part, at) => this.#makePart(part, recorders[at]!, guard))
    this.#nemesis = new Nemesis({
      loop,
      random,
      recorder: this.#shared,
      control,
      view: clusterView({
        loop,
        observers: this.#parts.map(({ observer }) => observer),
        client: this.#client,
        coordinators: this.#coordinators,
        address: setup.ownAddress ?? setup.address,
        ...(setup.refuses !== undefined && { refuses: setup.refuses }),
      }),
      plan: plan.nemesis,
      evidenceTimeoutMs: plan.profile.evidenceMs,
      ...(guard !== undefined && { guard }),
    })
  }

  #makePart(part: TrialPart, recorder: Recorder, guard: PowerGuard | undefined): Part {
    const { loop, makeClient, control, address, plan, sasl } = this.#setup
    const observer = new Observer({
      loop,
      recorder,
      makeClient,
      brokers: control.brokerIds.map((node) => ({ node, ...address(node) })),
      topics: specsOf(part),
      ...(part.config.groups !== undefined && { groups: part.config.groups }),
      observeIntervalMs: plan.observeIntervalMs,
      isTransactional: part.config.transactional === true,
      ...(sasl !== undefined && { sasl }),
      onObserved: (observed) => guard?.observed(observed),
    })
    const made: Part = { ...part, recorder, observer, running: undefined, acknowledged: 0, transactions: 0, fenced: 0, unserved: new Set() }
    recorder.listen((op) => {
      this.#coordinators.see(op)
      const keys = acknowledgedBy(op)
      made.acknowledged += keys.length
      if (op.f === 'txn' && op.type === 'invoke') made.transactions++
      if (isFenced(op)) made.fenced++
      for (const key of keys) made.unserved.delete(key)
    })
    return made
  }

  /** `done(undefined)` at the end; a sentence when there was nothing to try, because the cluster never came up. */
  run(done: (failure: string | undefined) => void): void {
    const missing = unavailableFaults(this.#setup)
    if (missing.length > 0) return this.#close(() => done(`this target cannot be broken by ${missing.join(', ')}`))
    for (const { recorder, config } of this.#parts) recorder.record({ process: 'harness', type: 'info', f: 'config', value: config })
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

  #enter(phase: Phase): void {
    this.phase = phase
    this.#shared.record({ process: 'harness', type: 'info', f: 'phase', value: phase })
  }

  get #topics(): readonly NewTopic[] {
    return this.#parts.flatMap(({ topics }) => topics)
  }

  #setUp(done: (failure: string | undefined) => void): void {
    const { plan, loop } = this.#setup
    const { startsWithinMs = setUpMs } = plan
    const deadlineMs = loop.now() + startsWithinMs
    const topicsBefore = new Set<string>()
    const allUp = ({ nodes, topics: known }: ClusterInfo): boolean => {
      for (const { name } of known) topicsBefore.add(name)
      return nodes.length === this.#setup.control.brokerIds.length
    }
    this.#awaitCluster(deadlineMs, allUp, (allBrokers) => {
      if (!allBrokers) return done('the brokers did not come up in time')
      const probes = plan.nemesis.attacks.some(({ fault }) => fault.needsWrites) ? probeTopics(this.#setup.control.brokerIds) : []
      const topics = [...this.#topics, ...probes]
      this.#made = new Set(topics.map(({ name }) => name))
      return this.#client.admin.createTopics(topics, startsWithinMs, (created) => {
        // A request whose answer was lost is repeated, and then finds its own work.
        const isOurs = !created.ok && created.error.code === 'TOPIC_ALREADY_EXISTS' && !topics.some(({ name }) => topicsBefore.has(name))
        if (!created.ok && !isOurs) return done(`the topics could not be made: ${created.error.code}`)
        return this.#awaitCluster(deadlineMs, (info) => this.#whole(info), (whole) => {
          if (whole) this.#finalizeFeatures(done)
          else done('the topics did not come into service in time')
        })
      })
    })
  }

  #finalizeFeatures(done: (failure: string | undefined) => void): void {
    const { features } = this.#setup.plan
    if (features === undefined) return done(undefined)
    return this.#client.admin.updateFeatures(features, setUpMs, (updated) => {
      done(updated.ok ? undefined : `the features could not be finalized: ${updated.error.code} ${updated.error.message ?? ''}`)
    })
  }

  /** Every partition has a leader and all its replicas in sync. */
  #whole({ topics }: ClusterInfo, absent: readonly number[] = []): boolean {
    const partitions = topics.filter(({ name }) => this.#made.has(name)).flatMap((topic) => topic.partitions)
    const wanted = this.#topics.reduce((sum, topic) => sum + topic.partitions, 0)
    return partitions.length >= wanted && partitions.every(({ leader, replicas, inSyncReplicas }) => {
      const needed = replicas.filter((id) => !absent.includes(id))
      return leader >= 0 && !absent.includes(leader) && needed.every((id) => inSyncReplicas.includes(id))
    })
  }

  #awaitCluster(deadlineMs: number, holds: (info: ClusterInfo) => boolean, done: (met: boolean) => void): void {
    const { loop, plan, control } = this.#setup
    const names = this.#topics.map(({ name }) => name)
    // Before anything is broken nobody waits for who has ended.
    const isOver = (): boolean => loop.now() >= deadlineMs || (this.phase === 'set-up' && control.brokerIds.some((id) => control.state(id) === 'dead'))
    const ask = (): void =>
      this.#client.admin.metadata(this.phase === 'set-up' ? null : names, plan.profile.clients.requestTimeoutMs, (result) => {
        if (result.ok && holds(result.value)) return done(true)
        if (isOver()) return done(false)
        return void loop.after(pollMs, ask)
      })
    ask()
  }

  #faults(done: () => void): void {
    const { loop, plan } = this.#setup
    this.#enter('faults')
    for (const part of this.#parts) {
      part.observer.start()
      part.running = part.workload.start(this.#contextOf(part))
    }
    this.#nemesis.start()
    const { faultsMs, faultsMostMs = Math.max(faultsTimesMax * faultsMs, faultsMostLeastMs) } = plan
    this.#latestMs = loop.now() + (this.#stopping ? 0 : faultsMostMs)
    this.#untilEnough(this.#stopping ? 0 : this.#endsItself ? pollMs : faultsMs, done)
  }

  get #endsItself(): boolean {
    return this.#parts.some(({ running }) => running!.isOver !== undefined)
  }

  get #isBrokenEnough(): boolean {
    return this.#endsItself || this.#nemesis.shareInForce >= (this.#setup.plan.shareInForceMin ?? 0)
  }

  #untilEnough(leastMs: number, done: () => void): void {
    const { loop } = this.#setup
    let timer = loop.after(leastMs, () => look())
    const look = (): void => {
      const isEnough = this.#parts.every((part) => part.running!.isOver?.() ?? hasEnough(part, this.#coordinators))
      if ((isEnough && this.#isBrokenEnough) || loop.now() >= this.#latestMs) this.#endFaults?.()
      else timer = loop.after(pollMs, look)
    }
    this.#endFaults = () => {
      this.#endFaults = undefined
      loop.cancel(timer)
      done()
    }
  }

  #contextOf(part: Part): WorkloadContext {
    const { loop, random, makeClient, makeWorkloadClient = makeClient } = this.#setup
    const isAlone = this.#parts.length === 1
    return {
      loop,
      random,
      recorder: part.recorder,
      makeClient: (name) => makeWorkloadClient(isAlone ? name : `${part.workload.name}-${name}`),
      topics: specsOf(part),
      nextProcess: () => this.#nextProcess++,
    }
  }

  #heal(done: () => void): void {
    const { plan, loop } = this.#setup
    this.#nemesis.stop(() => {
      // Nobody knows how long it takes to heal before it has: then there may be too much quiet about what was broken.
      if (!this.#stopping && !this.#isBrokenEnough && loop.now() < this.#latestMs) {
        this.#nemesis.start()
        return this.#untilEnough(0, () => this.#heal(done))
      }
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
    for (const { topics, quietTopics = [], unserved } of this.#parts) {
      const busy = topics.filter(({ name }) => !quietTopics.includes(name))
      for (const { name, partitions } of busy) for (let i = 0; i < partitions; i++) unserved.add(keyOf(name, i))
    }
    this.#awaitServed(deadlineMs, () => {
      this.#awaitCluster(deadlineMs, (info) => this.#whole(info, absent), (whole) => {
        const tookMs = Math.round(loop.now() - startMs)
        for (const { recorder, unserved } of this.#parts) {
          const complete = whole && unserved.size === 0
          const value = { complete, absent, unserved: [...unserved], boundMs: recoveryMs, tookMs }
          recorder.record({ process: 'harness', type: complete ? 'ok' : 'info', f: 'recovered', value })
        }
        done(whole && this.#isServed)
      })
    })
  }

  get #isServed(): boolean {
    return this.#parts.every(({ unserved }) => unserved.size === 0)
  }

  #awaitServed(deadlineMs: number, done: () => void): void {
    const { loop } = this.#setup
    if (this.#isServed || loop.now() >= deadlineMs) return done()
    return void loop.after(pollMs, () => this.#awaitServed(deadlineMs, done))
  }

  #final(done: () => void): void {
    const { loop, plan } = this.#setup
    const all = this.#parts.map(({ running }) => running!)
    each(all, (running, ended) => running.stop(ended), () => {
      this.#enter('final')
      const deadlineMs = loop.now() + plan.finalMs
      each(all, (running, ended) => running.finalReads(deadlineMs, () => ended()), () => {
        for (const running of all) running.close()
        this.#enter('end')
        done()
      })
    })
  }

  #close(done: () => void): void {
    for (const { observer } of this.#parts) observer.close()
    this.#coordinators.close()
    this.#client.close()
    done()
  }
}
