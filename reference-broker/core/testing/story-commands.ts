/**
 * All commands of the stories.
 *
 * A request is written `@BROKER` or `@BROKER/CONNECTION` or `@BROKER:controller`, with options; it prints its answer, or
 * `no answer yet` after `within=MS` (default 30 s). `later LABEL REQUEST` sends without waiting; `check LABEL` prints what
 * came so far, `await LABEL` waits. `order LABEL…` prints in which order they were answered.
 *
 * The cluster: `cluster brokers=3 seed=1 SETTING=VALUE…` (first), `kill 1`, `start 1`, `pause 1`, `resume 1`, `stop 1` (controlled
 * shutdown), `block 1 2` and `unblock 1 2` (one direction), `cut 1 2,3` and `heal 1 2,3` (both), `advance 500ms`.
 * Looking: `wait leader t-0 is 2 | not 1 | none`, `wait isr t-0 1,2`, `wait fenced 1`, `wait unfenced 1`, `wait end t-0 3 on 2`,
 * `wait hw t-0 3 on 2`, `replicas t-0` (what each running broker has), `controller` (who is active), `connected @1`, `raw @1 HEX`.
 */
import { Loop } from '../../../ports/loop.ts'
import { StoryClient, type Asked, type Door } from './story-client.ts'
import { alterCommand, createCommand, deleteCommand, featureCommand, metadataCommand, quorumCommand, registerCommand, versionsCommand } from './story-admin-requests.ts'
import { epochEndCommand, fetchCommand, initProducerCommand, offsetsCommand, produceCommand, type RequestSource, type StoryRequest } from './story-data-requests.ts'
import { commitCommand, committedCommand, consumeCommand, coordinatorCommand, deleteGroupCommand, deleteOffsetsCommand, describeCommand, describeConsumerCommand, groupsCommand, heartbeatCommand, joinCommand, leaveCommand, syncCommand } from './story-group-requests.ts'
import { optionNumber } from './story-records.ts'
import type { Stage, StageOptions } from './story-stage.ts'
import type { StoryCommands, StoryLine } from './story.ts'
import {
  addOffsetsCommand, addPartitionsCommand, commitInCommand, endCommand, markerCommand, producersCommand, transactionCommand, transactionsCommand,
} from './story-txn-requests.ts'
import { advance, durationMs, printReplicas, spreadMs, waitFor } from './story-waits.ts'

const requests: Readonly<Record<string, (source: RequestSource) => StoryRequest>> = {
  produce: produceCommand,
  fetch: fetchCommand,
  offsets: offsetsCommand,
  'epoch-end': epochEndCommand,
  'init-producer': initProducerCommand,
  add: addPartitionsCommand,
  'add-offsets': addOffsetsCommand,
  end: endCommand,
  'commit-in': commitInCommand,
  transaction: transactionCommand,
  transactions: transactionsCommand,
  marker: markerCommand,
  producers: producersCommand,
  versions: versionsCommand,
  metadata: metadataCommand,
  create: createCommand,
  delete: deleteCommand,
  feature: featureCommand,
  quorum: quorumCommand,
  register: registerCommand,
  alter: alterCommand,
  coordinator: coordinatorCommand,
  join: joinCommand,
  sync: syncCommand,
  heartbeat: heartbeatCommand,
  leave: leaveCommand,
  commit: commitCommand,
  committed: committedCommand,
  describe: describeCommand,
  groups: groupsCommand,
  consume: consumeCommand,
  'describe-consumer': describeConsumerCommand,
  'delete-group': deleteGroupCommand,
  'delete-offsets': deleteOffsetsCommand,
}

const clientMachine = 'client'
const listenerPorts = { client: 9092, controller: 9093 } as const
const patienceMs = 30_000

/** Settings like `a.b=c` have a dot in their name; the rest are options of the command. */
function settingsOf(line: StoryLine): Record<string, string> {
  return Object.fromEntries([...line.options].filter(([name]) => name.includes('.')))
}

export function storyCommands(newStage: (options: StageOptions) => Stage): StoryCommands {
  let play: Play | undefined
  return (line) => {
    if (line.name !== 'cluster') {
      if (play === undefined) throw new Error('a story begins with `cluster`')
      return play.run(line)
    }
    const maxFrameBytes = line.options.has('max-frame') ? optionNumber(line, 'max-frame', 0) : undefined
    const brokers = optionNumber(line, 'brokers', 3)
    const seed = optionNumber(line, 'seed', 1)
    play = new Play(newStage({ seed, brokers, settings: settingsOf(line), maxFrameBytes }))
    return play.begin()
  }
}

class Play {
  readonly #stage: Stage
  readonly #labelled = new Map<string, Asked>()
  #loop: Loop | undefined
  #client: StoryClient | undefined

  constructor(stage: Stage) {
    this.#stage = stage
    stage.world.addClient(clientMachine, (ports) => {
      this.#loop = new Loop(ports)
      this.#client = new StoryClient(this.#loop)
      return this.#loop
    })
  }

  begin(): string {
    const ids = this.#stage.cluster.brokerIds
    for (const id of ids) waitFor(this.#stage, { name: 'wait', words: ['unfenced', String(id)], options: new Map() })
    return `brokers ${ids.join(',')} are ready`
  }

  run(line: StoryLine): string {
    const printed = this.#command(line)
    const failure = this.#stage.world.failures[0]
    if (failure === undefined) return printed
    throw new Error(`${failure.node} failed: ${failure.error instanceof Error ? failure.error.stack : String(failure.error)}`)
  }

  #command(line: StoryLine): string {
    const { words } = line
    if (line.name in requests) {
      const printed = this.#wait(this.#send(line), optionNumber(line, 'within', patienceMs))
      if (line.name === 'create' || line.name === 'delete') advance(this.#stage, spreadMs)
      return printed
    }
    switch (line.name) {
      case 'later':
        this.#labelled.set(words[0]!, this.#send({ ...line, name: words[1]!, words: words.slice(2) }))
        return ''
      case 'check':
        advance(this.#stage, 20)
        return this.#asked(words[0]!).outcome ?? 'no answer yet'
      case 'await':
        return this.#wait(this.#asked(words[0]!), patienceMs)
      case 'order':
        return words.toSorted((a, b) => this.#place(a) - this.#place(b)).join(' ')
      case 'raw':
        return this.#wait(this.#send(line), optionNumber(line, 'within', 1000))
      case 'connected':
        return this.#client!.isConnected(doorOf(this.#stage, line)) ? 'yes' : 'no'
      case 'wait':
        return waitFor(this.#stage, line)
      case 'advance':
        advance(this.#stage, durationMs(words[0]!))
        return ''
      case 'controller':
        return [...this.#stage.cluster.running].filter(([, { controller }]) => controller !== undefined).map(([id]) => id).join(',')
      case 'replicas':
        return printReplicas(this.#stage, words[0]!)
      default:
        return this.#toCluster(line)
    }
  }

  #toCluster({ name, words }: StoryLine): string {
    const { cluster, world, nameOf } = this.#stage
    const id = Number(words[0])
    if (!cluster.brokerIds.includes(id)) throw new Error(`there is no command ${name}, or no broker ${words[0]}`)
    const others = (words[1] ?? '').split(',').map(Number)
    const { network } = world
    if (name === 'kill') cluster.kill(id)
    else if (name === 'start') cluster.start(id)
    else if (name === 'pause') world.pause(nameOf(id))
    else if (name === 'resume') world.resume(nameOf(id))
    else if (name === 'stop') return this.#stop(id)
    else if (name === 'block') for (const other of others) network.block(nameOf(id), nameOf(other))
    else if (name === 'unblock') for (const other of others) network.unblock(nameOf(id), nameOf(other))
    else if (name === 'cut' || name === 'heal') {
      for (const other of others) {
        const act = (a: number, b: number): unknown => network[name === 'cut' ? 'block' : 'unblock'](nameOf(a), nameOf(b))
        act(id, other)
        act(other, id)
      }
    } else throw new Error(`there is no command ${name}`)
    return ''
  }

  #stop(id: number): string {
    const { cluster, world } = this.#stage
    let stopped = false
    cluster.stop(id, () => {
      stopped = true
    })
    world.run({ untilMs: world.now() + patienceMs, while: () => !stopped && world.failures.length === 0 })
    return stopped ? '' : 'it does not stop'
  }

  #asked(label: string): Asked {
    const asked = this.#labelled.get(label)
    if (asked === undefined) throw new Error(`nothing was sent as ${label}`)
    return asked
  }

  #place(label: string): number {
    const place = this.#client!.answered.indexOf(this.#asked(label))
    return place < 0 ? Infinity : place
  }

  #send(line: StoryLine): Asked {
    if (line.name === 'raw') return this.#sendRaw(line)
    const make = requests[line.name]
    if (make === undefined) throw new Error(`there is no request ${line.name}`)
    const words = line.words.filter((word) => !word.startsWith('@'))
    const wallNow = this.#loop!.ports.clock.wallNow()
    const { api, version, body, render } = make({ line: { ...line, words }, stage: this.#stage, wallNow })
    return this.#client!.ask(doorOf(this.#stage, line), api, { version, body: body as never }, render as never)
  }

  /** Bytes 4 to 8 are taken for the correlation id. */
  #sendRaw(line: StoryLine): Asked {
    const hex = line.words.filter((word) => !word.startsWith('@')).join('')
    const padding = optionNumber(line, 'padding', 0)
    const frame = Uint8Array.from({ length: hex.length / 2 + padding }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16) || 0)
    const correlationId = frame.length < 8 ? 0 : new DataView(frame.buffer).getInt32(4)
    const print = (answer: Uint8Array): string => Buffer.from(answer).toString('hex')
    return this.#client!.askFrame(doorOf(this.#stage, line), { correlationId, frame }, print)
  }

  #wait(asked: Asked, limitMs: number): string {
    const { world } = this.#stage
    world.run({ untilMs: world.now() + limitMs, while: () => asked.outcome === undefined && world.failures.length === 0 })
    return asked.outcome ?? 'no answer yet'
  }
}

function doorOf(stage: Stage, line: StoryLine): Door {
  const word = line.words.find((each) => each.startsWith('@'))
  const found = /^@(\d+)(:controller)?(\/\w+)?$/.exec(word ?? '')
  if (found === null) throw new Error('to whom? write @1, @1/other or @1:controller')
  const port = found[2] === undefined ? listenerPorts.client : listenerPorts.controller
  return { host: stage.nameOf(Number(found[1])), port, name: word! }
}
