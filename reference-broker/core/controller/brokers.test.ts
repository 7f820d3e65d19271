import { describe, expect, it } from 'vitest'
import type { HeartbeatAnswer, RegistrationAnswer } from './brokers.ts'
import { LoneController } from '../testing/lone-controller.ts'
import { createTopics } from './topics.ts'

const session = { 'broker.session.timeout.ms': '1000' }

function createTopic(lone: LoneController, name: string, brokerIds: number[]): void {
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds }], configs: [] }
  lone.committed((done) => createTopics(lone.controller, { topics: [topic], timeoutMs: 0, validateOnly: false }, done))
}

function partitionOf(lone: LoneController, name: string): { leader: number; isr: readonly number[] } {
  const { leader, inSyncReplicas } = lone.controller.image.topicsByName.get(name)!.partitions[0]!
  return { leader, isr: inSyncReplicas }
}

describe('registration', () => {
  it('gives each incarnation an epoch of its own, and starts it fenced', () => {
    const lone = new LoneController(session)
    const first = lone.register(1)!
    expect(first.error).toBe('NONE')
    expect(lone.controller.image.brokers.get(1)).toMatchObject({ epoch: first.brokerEpoch, fenced: true })
    lone.advance(2000)
    const second = lone.register(1)!
    expect(second.brokerEpoch).toBeGreaterThan(first.brokerEpoch)
  })

  it('is not for a broker of another cluster', () => {
    expect(new LoneController().register(1, { clusterId: 'another' })).toEqual({ error: 'INCONSISTENT_CLUSTER_ID', brokerEpoch: -1 })
  })

  it('refuses a second process while the first is heard', () => {
    const lone = new LoneController(session).bringUp(1)
    lone.advance(900)
    expect(lone.register(1)!.error).toBe('DUPLICATE_BROKER_REGISTRATION')
    lone.heartbeat(1)
    lone.advance(900)
    expect(lone.register(1)!.error).toBe('DUPLICATE_BROKER_REGISTRATION')
    lone.advance(200)
    expect(lone.register(1)!.error).toBe('NONE')
  })

  it('asked again by the same incarnation gives the same epoch', () => {
    const lone = new LoneController(session)
    const first = lone.register(1, { incarnation: 5 })
    expect(lone.register(1, { incarnation: 5 })).toEqual(first)
  })

  it('is answered when it is committed and not before, the repeated one, too', () => {
    const lone = new LoneController(session)
    const answers: RegistrationAnswer[] = []
    for (const _ of [1, 2]) lone.askToRegister(1, { incarnation: 5 }, (answer) => answers.push(answer))
    expect(answers).toEqual([])
    lone.advance(50)
    const { epoch: brokerEpoch } = lone.controller.image.brokers.get(1)!
    expect(answers).toEqual([{ error: 'NONE', brokerEpoch }, { error: 'NONE', brokerEpoch }])
  })

  it('that a deposed controller had not committed is for the next one', () => {
    const lone = new LoneController(session)
    const answers: RegistrationAnswer[] = []
    for (const _ of [1, 2]) lone.askToRegister(1, { incarnation: 5 }, (answer) => answers.push(answer))
    lone.depose()
    expect(answers.map(({ error }) => error)).toEqual(['NOT_CONTROLLER', 'NOT_CONTROLLER'])
  })

  it('of a broker on its way out need not wait for its session', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    expect(lone.heartbeat(1, { wantShutDown: true })).toMatchObject({ error: 'NONE', shouldShutDown: true })
    expect(lone.register(1)!.error).toBe('NONE')
  })

  it('takes the former incarnation out of service', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    createTopic(lone, 't', [1, 2])
    lone.advance(950)
    lone.heartbeat(2)
    lone.advance(10)
    expect(lone.register(1)!.error).toBe('NONE')
    expect(partitionOf(lone, 't')).toEqual({ leader: 2, isr: [2] })
  })
})

describe('a broker that comes back', () => {
  /** Led t with 2 alone in sync below the minimum; then it dies, and is eligible to lead again. */
  function lastInSync(): LoneController {
    const lone = new LoneController({ ...session, 'min.insync.replicas': '2' }).bringUp(1, 2)
    createTopic(lone, 't', [1, 2])
    lone.heartbeat(1, { wantFence: true })
    lone.heartbeat(2, { wantFence: true })
    expect(partitionOf(lone, 't')).toEqual({ leader: -1, isr: [] })
    lone.advance(1100)
    return lone
  }

  it('and can say that it has what it had is trusted to lead', () => {
    const lone = lastInSync()
    const previousBrokerEpoch = lone.controller.image.brokers.get(2)!.epoch
    lone.register(2, { previousBrokerEpoch })
    lone.heartbeat(2)
    expect(partitionOf(lone, 't')).toEqual({ leader: 2, isr: [2] })
  })

  it('and died again before it served is as good as it was', () => {
    const lone = lastInSync()
    const previousBrokerEpoch = lone.controller.image.brokers.get(2)!.epoch
    lone.register(2, { previousBrokerEpoch })
    lone.advance(1100)
    lone.register(2, { previousBrokerEpoch })
    lone.heartbeat(2)
    expect(partitionOf(lone, 't')).toEqual({ leader: 2, isr: [2] })
  })

  it('and cannot say so waits for one that can', () => {
    for (const previousBrokerEpoch of [-1, 0]) {
      const lone = lastInSync()
      lone.register(2, { previousBrokerEpoch })
      lone.heartbeat(2)
      expect(partitionOf(lone, 't').leader).toBe(-1)
      lone.register(1, { previousBrokerEpoch: lone.controller.image.brokers.get(1)!.epoch })
      lone.heartbeat(1)
      expect(partitionOf(lone, 't')).toEqual({ leader: 1, isr: [1] })
    }
  })
})

describe('a heartbeat', () => {
  it('unfences a broker that has caught up and wants to serve, and no other', () => {
    const lone = new LoneController(session)
    lone.register(1)
    const fine = { error: 'NONE', shouldShutDown: false }
    expect(lone.heartbeat(1, { behind: true })).toEqual({ ...fine, isCaughtUp: false, isFenced: true })
    expect(lone.heartbeat(1, { wantFence: true })).toEqual({ ...fine, isCaughtUp: true, isFenced: true })
    expect(lone.heartbeat(1)).toEqual({ ...fine, isCaughtUp: true, isFenced: false })
  })

  it('of nobody, or of a former incarnation, is refused and keeps no session alive', () => {
    const lone = new LoneController(session).bringUp(1)
    expect(lone.heartbeat(9, { brokerEpoch: 0 })!.error).toBe('BROKER_ID_NOT_REGISTERED')
    lone.advance(900)
    expect(lone.heartbeat(1, { brokerEpoch: 0 })!.error).toBe('STALE_BROKER_EPOCH')
    lone.advance(300)
    expect(lone.controller.image.brokers.get(1)!.fenced).toBe(true)
  })

  it('keeps a broker in service; silence for a session takes it out', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    createTopic(lone, 't', [1, 2])
    for (let i = 0; i < 5; i++) {
      lone.advance(600)
      lone.heartbeat(2)
    }
    expect(lone.controller.image.brokers.get(1)!.fenced).toBe(true)
    expect(lone.controller.image.brokers.get(2)!.fenced).toBe(false)
    expect(partitionOf(lone, 't')).toEqual({ leader: 2, isr: [2] })
  })

  it('gives a partition without a leader one again when its replica is back', () => {
    const lone = new LoneController(session).bringUp(1)
    createTopic(lone, 't', [1])
    lone.advance(1300)
    expect(partitionOf(lone, 't').leader).toBe(-1)
    lone.heartbeat(1)
    expect(partitionOf(lone, 't')).toEqual({ leader: 1, isr: [1] })
  })

  it('lets a broker that wants to go hand over first', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    createTopic(lone, 't', [1, 2])
    expect(lone.heartbeat(1, { wantShutDown: true })).toMatchObject({ shouldShutDown: true, isFenced: false })
    expect(partitionOf(lone, 't')).toEqual({ leader: 2, isr: [2] })
    expect(lone.controller.image.isLive(1)).toBe(false)
  })

  it('is answered when what its answer says is committed, also where it changes nothing itself', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    createTopic(lone, 't', [1, 2])
    const answers: HeartbeatAnswer[] = []
    for (const _ of [1, 2]) lone.askForHeartbeat(1, { wantShutDown: true }, (answer) => answers.push(answer))
    expect(answers).toEqual([])
    lone.advance(50)
    expect(answers.map(({ shouldShutDown }) => shouldShutDown)).toEqual([true, true])
  })

  it('is not answered with what a deposed controller had only proposed', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    const answers: HeartbeatAnswer[] = []
    for (const _ of [1, 2]) lone.askForHeartbeat(1, { wantShutDown: true }, (answer) => answers.push(answer))
    lone.depose()
    expect(answers.map(({ error, shouldShutDown }) => [error, shouldShutDown])).toEqual([['NOT_CONTROLLER', false], ['NOT_CONTROLLER', false]])
  })

  it('is answered with what it led to, whatever was proposed after it', () => {
    const lone = new LoneController(session)
    lone.register(1)
    const answers: HeartbeatAnswer[] = []
    for (const wantFence of [false, true]) lone.askForHeartbeat(1, { wantFence }, (answer) => answers.push(answer))
    lone.advance(50)
    expect(answers.map(({ isFenced }) => isFenced)).toEqual([false, true])
  })

  it('tells a fenced broker that wants to go to go', () => {
    const lone = new LoneController(session)
    lone.register(1)
    expect(lone.heartbeat(1, { wantShutDown: true })).toMatchObject({ shouldShutDown: true })
  })

  it('takes a broker out of service that asks for it', () => {
    const lone = new LoneController(session).bringUp(1, 2)
    createTopic(lone, 't', [1, 2])
    expect(lone.heartbeat(1, { wantFence: true })).toMatchObject({ isFenced: true })
    expect(partitionOf(lone, 't')).toEqual({ leader: 2, isr: [2] })
  })
})
