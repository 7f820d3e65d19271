import { describe, expect, it } from 'vitest'
import { LoneController } from '../testing/lone-controller.ts'
import { allocateProducerIds, createTopics, deleteTopics, type AskedTopic, type DeletedTopic, type TopicAnswer } from './topics.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'

function asked(name: string, rest: Partial<AskedTopic> = {}): AskedTopic {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...rest }
}

interface Creation {
  readonly topics: AskedTopic[]
  readonly validateOnly?: boolean
}

function ask(lone: LoneController, { topics, validateOnly = false }: Creation, done: (answers: readonly TopicAnswer[]) => void): void {
  createTopics(lone.controller, { topics, timeoutMs: 0, validateOnly }, done)
}

function create(lone: LoneController, ...topics: AskedTopic[]): readonly TopicAnswer[] | undefined {
  return lone.committed((done) => ask(lone, { topics }, done))
}

function remove(lone: LoneController, ...names: string[]): readonly DeletedTopic[] | undefined {
  return lone.committed((done) => deleteTopics(lone.controller, names.map((name) => ({ name, topicId: zeroUuid })), done))
}

function errorsOf(answers: readonly { readonly error: string }[] | undefined): string[] | undefined {
  return answers?.map(({ error }) => error)
}

describe('creating topics', () => {
  it('gives each an id and partitions that all live replicas lead or follow', () => {
    const lone = new LoneController().bringUp(1, 2, 3)
    const [answer] = create(lone, asked('t', { numPartitions: 4, replicationFactor: 3 }))!
    const topic = lone.controller.image.topicsByName.get('t')!
    expect(answer).toEqual({ name: 't', error: 'NONE', message: null, topic: answer!.topic })
    expect(topic.id).toBe(answer!.topic!.id)
    expect(topic.partitions).toHaveLength(4)
    for (const { replicas, inSyncReplicas, leader, leaderEpoch } of topic.partitions) {
      expect(inSyncReplicas).toEqual(replicas)
      expect(leader).toBe(replicas[0])
      expect(leaderEpoch).toBe(0)
    }
  })

  it('takes the settings with the topic', () => {
    const lone = new LoneController().bringUp(1)
    create(lone, asked('t', { configs: [{ name: 'min.insync.replicas', value: '2' }] }))
    expect(lone.controller.image.topicsByName.get('t')!.configs).toEqual(new Map([['min.insync.replicas', '2']]))
  })

  it('only to see whether one could changes nothing', () => {
    const lone = new LoneController().bringUp(1)
    const before = lone.controller.image.endOffset
    const answers = lone.committed<readonly TopicAnswer[]>((done) => ask(lone, { topics: [asked('t')], validateOnly: true }, done))
    expect(errorsOf(answers)).toEqual(['NONE'])
    expect(answers![0]!.topic!.partitions).toHaveLength(1)
    expect(lone.controller.image.topicsByName.size).toBe(0)
    expect(lone.controller.image.endOffset).toBe(before)
  })

  it('needs somebody to lead: with no live broker there is none', () => {
    const lone = new LoneController()
    expect(errorsOf(create(lone, asked('t')))).toEqual(['INVALID_REPLICATION_FACTOR'])
    lone.register(1)
    expect(errorsOf(create(lone, asked('t')))).toEqual(['INVALID_REPLICATION_FACTOR'])
    lone.heartbeat(1)
    expect(errorsOf(create(lone, asked('t')))).toEqual(['NONE'])
  })

  it('uses fenced brokers where the live are too few, but never to lead', () => {
    const lone = new LoneController().bringUp(1, 2)
    lone.register(3)
    create(lone, asked('t', { numPartitions: 6, replicationFactor: 3 }))
    for (const { replicas, inSyncReplicas, leader } of lone.controller.image.topicsByName.get('t')!.partitions) {
      expect(replicas.toSorted()).toEqual([1, 2, 3])
      expect(inSyncReplicas.toSorted()).toEqual([1, 2])
      expect([1, 2]).toContain(leader)
    }
  })

  it('does not put replicas on a broker that is about to stop', () => {
    const lone = new LoneController().bringUp(1, 2)
    lone.heartbeat(2, { wantShutDown: true })
    expect(errorsOf(create(lone, asked('t', { replicationFactor: 2 })))).toEqual(['INVALID_REPLICATION_FACTOR'])
    create(lone, asked('u', { numPartitions: 5 }))
    expect(lone.controller.image.topicsByName.get('u')!.partitions.map(({ leader }) => leader)).toEqual([1, 1, 1, 1, 1])
  })

  it('in one request stands for each by itself, but for names that meet each other', () => {
    const lone = new LoneController().bringUp(1)
    const answers = create(lone, asked('a'), asked('b', { numPartitions: 0 }), asked('c'), asked('c'), asked('d.e'), asked('d_e'))
    expect(errorsOf(answers)).toEqual(['NONE', 'INVALID_PARTITIONS', 'INVALID_REQUEST', 'NONE', 'INVALID_TOPIC_EXCEPTION'])
    expect([...lone.controller.image.topicsByName.keys()]).toEqual(['a', 'd.e'])
  })

  it('stops at ten thousand partitions a request, before making any of them', () => {
    const lone = new LoneController().bringUp(1)
    expect(errorsOf(create(lone, asked('a', { numPartitions: 5000 }), asked('b', { numPartitions: 5001 })))).toEqual([
      'POLICY_VIOLATION', 'POLICY_VIOLATION',
    ])
    expect(errorsOf(create(lone, asked('a', { numPartitions: 2 ** 31 - 1 })))).toEqual(['POLICY_VIOLATION'])
    expect(lone.controller.image.topicsByName.size).toBe(0)
    expect(errorsOf(create(lone, asked('a', { numPartitions: 10_000 })))).toEqual(['NONE'])
  })

  it('is answered when it is committed, and not before', () => {
    const lone = new LoneController().bringUp(1)
    const answers: (readonly TopicAnswer[])[] = []
    ask(lone, { topics: [asked('t')] }, (answer) => answers.push(answer))
    expect(answers).toEqual([])
    lone.advance(50)
    expect(answers.map(errorsOf)).toEqual([['NONE']])
  })

  it('tells that a name is taken only when that is committed, too', () => {
    const lone = new LoneController().bringUp(1)
    const answers: (readonly TopicAnswer[])[] = []
    ask(lone, { topics: [asked('t')] }, () => undefined)
    ask(lone, { topics: [asked('t')] }, (answer) => answers.push(answer))
    expect(answers).toEqual([])
    lone.depose()
    expect(answers.map(errorsOf)).toEqual([['NOT_CONTROLLER']])
  })
})

describe('deleting topics', () => {
  it('frees the name and not the id', () => {
    const lone = new LoneController().bringUp(1)
    create(lone, asked('t'))
    const { id } = lone.controller.image.topicsByName.get('t')!
    expect(errorsOf(remove(lone, 't'))).toEqual(['NONE'])
    expect(errorsOf(remove(lone, 't'))).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    create(lone, asked('t'))
    const again = lone.committed<readonly DeletedTopic[]>((done) => deleteTopics(lone.controller, [{ name: null, topicId: id }], done))
    expect(errorsOf(again)).toEqual(['UNKNOWN_TOPIC_ID'])
    expect(lone.controller.image.topicsByName.has('t')).toBe(true)
  })

  it('named twice, by whatever name, deletes nothing', () => {
    const lone = new LoneController().bringUp(1)
    create(lone, asked('t'), asked('u'))
    const { id: topicId } = lone.controller.image.topicsByName.get('t')!
    const names = [{ name: 't', topicId: zeroUuid }, { name: 'u', topicId: zeroUuid }, { name: null, topicId }]
    const answers = lone.committed<readonly DeletedTopic[]>((done) => deleteTopics(lone.controller, names, done))
    expect(errorsOf(answers)).toEqual(['INVALID_REQUEST', 'NONE'])
    expect([...lone.controller.image.topicsByName.keys()]).toEqual(['t'])
  })

  it('that a deposed controller had not committed did not happen as far as it knows', () => {
    const lone = new LoneController().bringUp(1)
    create(lone, asked('t'))
    let answers: readonly DeletedTopic[] | undefined
    deleteTopics(lone.controller, [{ name: 't', topicId: zeroUuid }], (given) => {
      answers = given
    })
    lone.depose()
    expect(errorsOf(answers)).toEqual(['NOT_CONTROLLER'])
  })
})

describe('producer ids', () => {
  it('are handed out in blocks of a thousand, none twice', () => {
    const lone = new LoneController()
    const blocks = [1, 2, 3].map(() => lone.committed<{ start: number; length: number } | undefined>((done) => allocateProducerIds(lone.controller, done)))
    expect(blocks).toEqual([{ start: 0, length: 1000 }, { start: 1000, length: 1000 }, { start: 2000, length: 1000 }])
  })

  it('that may have been handed out by a deposed controller are not told', () => {
    const lone = new LoneController()
    let block: unknown = 'not answered'
    allocateProducerIds(lone.controller, (given) => {
      block = given
    })
    lone.depose()
    expect(block).toBeUndefined()
  })
})
