/** Transactions of whole clusters whose coordinators and leaders die in between: nothing torn, nothing aborted read, nothing stuck. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { soundDecisions, type Decisions } from '../decisions.ts'
import { noPartitions } from './transaction.ts'
import { nodeName, RoleCluster } from '../../../simulator/role-cluster.testing.ts'
import { peekCommitted, readCommitted, TransactionClient } from '../../../simulator/transaction-client.testing.ts'

const settings = {
  'request.timeout.ms': '2000',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  'min.insync.replicas': '2',
}

interface Step {
  readonly client: number
  /** Partitions written to, one record each time. */
  readonly partitions: readonly number[]
  readonly committed: boolean
  /** Who dies before the n-th call of the transaction, or is cut off from the other brokers until the transaction is over. */
  readonly dies: 'nobody' | 'coordinator' | 'leader'
  readonly isCutOff: boolean
  readonly before: number
  /** The producer is replaced before the end by another of the same transactional id. */
  readonly isReplaced: boolean
}

const step: fc.Arbitrary<Step> = fc.record({
  client: fc.nat(1),
  partitions: fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }),
  committed: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  dies: fc.constantFrom('nobody', 'nobody', 'coordinator', 'leader'),
  isCutOff: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  before: fc.nat(4),
  isReplaced: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

interface Written {
  readonly values: { readonly partition: number; readonly value: string }[]
  outcome: 'committed' | 'aborted' | 'unknown'
}

class Plot {
  readonly cluster: RoleCluster
  readonly #version: 1 | 2
  readonly #clients: TransactionClient[]
  readonly written: Written[] = []
  readonly #seen = new Set<string>()
  #dead: number | undefined
  #cutOff: number | undefined
  #calls = 0
  /** Nothing has gone wrong so far, so nothing may be refused. */
  #isCalm = true
  #values = 0

  constructor(seed: number, version: 1 | 2, decisions: Partial<Decisions> = {}) {
    const all = { ...soundDecisions, ...decisions }
    this.cluster = new RoleCluster({ seed, roles: ['both', 'both', 'both'], settings, decisions: all })
    this.cluster.untilUp()
    this.cluster.create('t', { replicas: [[1, 2, 3], [2, 3, 1], [3, 1, 2]] })
    this.cluster.create('__transaction_state', { replicas: [[1, 2, 3], [2, 3, 1], [3, 1, 2]], configs: { 'min.insync.replicas': '2' } })
    this.#version = version
    this.#clients = ['pay', 'other'].map((id) => new TransactionClient(this.cluster, id, version))
    for (const client of this.#clients) expect(client.init()).toBe('NONE')
  }

  #beforeCall(step: Step, client: TransactionClient): void {
    if (this.#calls++ !== step.before || step.dies === 'nobody') return
    if (this.#dead !== undefined) this.cluster.start(this.#dead)
    const dying = step.dies === 'coordinator' ? client.coordinatorId : this.cluster.partitionImage('t', step.partitions[0]!)!.leader
    this.#dead = undefined
    this.#isCalm = false
    this.cluster.pass(4000)
    if (!this.cluster.running.has(dying)) return
    if (step.isCutOff) return this.#cut(dying)
    this.cluster.kill(dying)
    this.#dead = dying
    return undefined
  }

  #cut(id: number): void {
    this.#cutOff = id
    this.#links(id, (from, to) => void this.cluster.world.network.block(from, to))
  }

  #heal(): void {
    if (this.#cutOff !== undefined) this.#links(this.#cutOff, (from, to) => void this.cluster.world.network.unblock(from, to))
    this.#cutOff = undefined
  }

  #links(id: number, act: (from: string, to: string) => void): void {
    for (const other of this.cluster.nodeIds.filter((each) => each !== id)) {
      act(nodeName(id), nodeName(other))
      act(nodeName(other), nodeName(id))
    }
  }

  run(step: Step): void {
    this.#transact(step)
    this.#heal()
  }

  #transact(step: Step): void {
    const client = this.#clients[step.client]!
    const written: Written = { values: [], outcome: 'aborted' }
    this.written.push(written)
    this.#calls = 0
    for (const partition of step.partitions) {
      this.#beforeCall(step, client)
      const value = `v${this.#values++}`
      written.values.push({ partition, value })
      const error = client.send('t', partition, value)
      if (this.#isCalm) expect(error).toBe('NONE')
      if (error !== 'NONE') return this.#giveUp(client)
      for (const read of peekCommitted(this.cluster, 't', partition)) this.#seen.add(read)
    }
    if (step.isReplaced) this.#replace(step.client)
    this.#beforeCall(step, client)
    const error = client.end(step.committed)
    if (this.#isCalm && !step.isReplaced) expect(error).toBe('NONE')
    if (step.isReplaced) expect(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH']).toContain(error)
    else if (error === 'NONE') written.outcome = step.committed ? 'committed' : 'aborted'
    else {
      written.outcome = 'unknown'
      this.#giveUp(client)
    }
    return undefined
  }

  #replace(place: number): void {
    const successor = new TransactionClient(this.cluster, place === 0 ? 'pay' : 'other', this.#version)
    expect(successor.init()).toBe('NONE')
    this.#clients[place] = successor
  }

  #giveUp(client: TransactionClient): void {
    expect(client.init()).toBe('NONE')
  }

  /** Everybody is back, and what anybody left open is ended. */
  end(): void {
    if (this.#dead !== undefined) this.cluster.start(this.#dead)
    this.cluster.untilUp()
    for (const client of this.#clients) expect(client.init()).toBe('NONE')
  }

  check(): void {
    const read = [0, 1, 2].map((index) => readCommitted(this.cluster, 't', index))
    expect(read.flat()).toEqual(expect.arrayContaining([...this.#seen]))
    for (const { values, outcome } of this.written) {
      const seen = values.map(({ partition, value }) => read[partition]!.filter((each) => each === value).length)
      if (outcome === 'committed') expect(seen).toEqual(values.map(() => 1))
      else if (outcome === 'aborted') expect(seen).toEqual(values.map(() => 0))
      else expect(new Set(seen).size).toBe(1)
    }
  }
}

describe.each([1, 2] as const)('with transaction version %i', (version) => {
  it('whoever dies in between, each transaction is read whole or not at all', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(step, { minLength: 3, maxLength: 8 }), (seed, steps) => {
        const plot = new Plot(seed, version)
        for (const each of steps) plot.run(each)
        plot.end()
        plot.check()
      }),
      { numRuns: 12 },
    )
  })
})

/** Whether somebody notices in one of fifty plots. */
function isNoticed(decisions: Partial<Decisions>, version: 1 | 2): boolean {
  const plots = fc.sample(fc.tuple(fc.nat(1000), fc.array(step, { minLength: 3, maxLength: 8 })), { numRuns: 50, seed: 7 })
  return plots.some(([seed, steps]) => {
    try {
      const plot = new Plot(seed, version, decisions)
      for (const each of steps) plot.run(each)
      plot.end()
      plot.check()
      return false
    } catch {
      return true
    }
  })
}

const wrong: readonly (readonly [string, 1 | 2, Partial<Decisions>])[] = [
  ['readers are not told what was aborted', 1, { abortedToTell: () => [] }],
  ['readers read to the high watermark', 2, { lastStableOffset: ({ highWatermark }) => highWatermark }],
  ['aborts leave no marker', 2, { markerToAppend: (committed) => (committed ? { committed } : undefined) }],
  ['one partition gets no marker', 1, {
    partitionsToMark: ({ partitions }) => new Map([...partitions].map(([topic, [first]]) => [topic, [first!]])),
  }],
  ['partitions are added after the outcome is decided', 1, { mayAddPartitions: () => true }],
  ['a new coordinator forgets what it finds', 1, { recoveredTransaction: () => undefined }],
  ['a new coordinator forgets where a transaction wrote', 2, { recoveredTransaction: (found) => ({ ...found, partitions: noPartitions }) }],
  ['nobody is fenced', 1, { isFencedProducer: () => false, classifyMarker: () => 'NONE' }],
  ['the epoch stays as it is', 2, { epochAfterEnd: ({ producerEpoch }) => producerEpoch }],
]
it.each(wrong)('it is noticed when %s', (_what, version, decisions) => {
  expect(isNoticed(decisions, version)).toBe(true)
})

it('a transaction whose producer went away is aborted after its timeout, also by a new coordinator', () => {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'], settings })
  cluster.untilUp()
  cluster.create('t', { replicas: [[1, 2, 3]] })
  cluster.create('__transaction_state', { replicas: [[2, 3, 1]] })
  const client = new TransactionClient(cluster, 'pay', 2)
  expect(client.init()).toBe('NONE')
  expect(client.send('t', 0, 'a')).toBe('NONE')
  cluster.pass(10_000)
  cluster.kill(client.coordinatorId)
  cluster.until(() => client.coordinatorId === 3, 'another coordinator')
  const leader = cluster.replica(1, 't', 0)!
  expect(leader.lastStableOffset).toBe(0)
  cluster.until(() => leader.lastStableOffset > 0, 'the abort')
  // Twenty seconds since it began, not since the new coordinator found it.
  expect(cluster.world.now()).toBeLessThan(30_000)
  expect(readCommitted(cluster, 't', 0)).toEqual([])
  expect(client.send('t', 0, 'b')).toBe('INVALID_PRODUCER_EPOCH')
})

// Its start was two minutes ahead when the clock was set back: readers would have waited for them (transactions, seed 783).
it('a transaction is aborted after its timeout, although the clock by which it began was set back', () => {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'], settings })
  cluster.untilUp()
  cluster.create('t', { replicas: [[1, 2, 3]] })
  cluster.create('__transaction_state', { replicas: [[2, 3, 1]] })
  const client = new TransactionClient(cluster, 'pay', 2)
  expect(client.init()).toBe('NONE')
  const clock = cluster.world.clock(nodeName(client.coordinatorId))
  clock.setSkew(120_000, 0)
  expect(client.send('t', 0, 'a')).toBe('NONE')
  const beganMs = cluster.world.now()
  clock.setSkew(0, 0)
  const leader = cluster.replica(1, 't', 0)!
  expect(leader.lastStableOffset).toBe(0)
  cluster.until(() => leader.lastStableOffset > 0, 'the abort')
  // As long as it may take, and as it takes to look twice.
  expect(cluster.world.now() - beganMs).toBeLessThan(45_000)
})
