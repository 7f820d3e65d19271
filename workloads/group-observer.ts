/**
 * Watches consumer groups from outside: every `intervalMs` each group's coordinator is asked what it believes. Emits
 * `{process:'observer', type:'info', f:'group-state', node, value: GroupStateValue}`, only when that changed. A probe
 * without an answer records nothing, and neither does a group that does not exist yet.
 */
import type { GroupProtocol, GroupStateValue } from '../history/group-op.ts'
import type { OpSink } from '../history/recorder.ts'
import type { TimerId } from '../ports/events.ts'
import type { Loop } from '../ports/loop.ts'
import type { GroupDescription, WorkloadAdmin } from './client/client.ts'
import { keyOf } from './workload.ts'

export interface ObservedGroup {
  readonly group: string
  readonly protocol?: GroupProtocol
}

export interface GroupObserverSetup {
  readonly loop: Loop
  readonly recorder: OpSink
  readonly admin: WorkloadAdmin
  readonly groups: readonly ObservedGroup[]
  readonly intervalMs: number
}

const probeTimeoutMs = 1000

export class GroupObserver {
  readonly #setup: GroupObserverSetup
  readonly #told = new Map<string, string>()
  readonly #asking = new Set<string>()
  #timer: TimerId | undefined

  constructor(setup: GroupObserverSetup) {
    this.#setup = setup
  }

  start(): void {
    if (this.#setup.groups.length > 0) this.#round()
  }

  close(): void {
    if (this.#timer !== undefined) this.#setup.loop.cancel(this.#timer)
  }

  #round(): void {
    for (const group of this.#setup.groups) if (!this.#asking.has(group.group)) this.#ask(group)
    this.#timer = this.#setup.loop.after(this.#setup.intervalMs, () => this.#round())
  }

  #ask({ group, protocol = 'classic' }: ObservedGroup): void {
    this.#asking.add(group)
    this.#setup.admin.describeGroup(group, protocol, probeTimeoutMs, (result) => {
      this.#asking.delete(group)
      if (result.ok && result.value.state !== 'Dead') this.#record(group, result.value)
    })
  }

  #record(group: string, { node, state, generation, members }: GroupDescription): void {
    const value: GroupStateValue = {
      group,
      state,
      generation,
      members: members.map(({ memberId, clientId, partitions }) => {
        return { memberId, client: clientId, keys: partitions.map(({ topic, partition }) => keyOf(topic, partition)) }
      }),
    }
    const shown = JSON.stringify([node, value])
    if (shown === this.#told.get(group)) return
    this.#told.set(group, shown)
    this.#setup.recorder.record({ process: 'observer', type: 'info', f: 'group-state', node, value })
  }
}
