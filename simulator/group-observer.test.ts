import { describe, expect, test } from 'vitest'
import type { GroupStateValue } from '../history/group-op.ts'
import { Recorder } from '../history/recorder.ts'
import type { GroupMemberOptions } from '../workloads/client/client.ts'
import { GroupObserver } from '../workloads/group-observer.ts'
import { GroupWorld } from './group-members.testing.ts'

type Protocol = 'classic' | 'consumer'

function observed(protocol: Protocol): { readonly stage: GroupWorld; readonly states: () => GroupStateValue[]; readonly recorder: Recorder } {
  const stage = new GroupWorld()
  stage.topic('t', 3)
  const recorder = new Recorder(() => stage.world.now())
  const { loop } = stage.client.cluster
  new GroupObserver({ loop, recorder, admin: stage.client.admin, groups: [{ group: 'g', protocol }], intervalMs: 100 }).start()
  return { stage, recorder, states: () => recorder.ops.map(({ value }) => value as GroupStateValue) }
}

const kinds: readonly (readonly [Protocol, Partial<GroupMemberOptions>])[] = [
  ['classic', {}],
  ['consumer', { protocol: 'consumer', assignors: [] }],
]

describe.each(kinds)('the observer of a %s group', (protocol, options) => {
  test('tells who has what, as the coordinator says it, and again only when it changed', () => {
    const { stage, states, recorder } = observed(protocol)
    stage.run(1000)
    expect(states()).toEqual([])
    const member = stage.member('a', options)
    expect(stage.runUntil(() => states().at(-1)?.state === 'Stable' && member.numbers.length === 3)).toBeDefined()
    stage.run(1000)
    const { members, state } = states().at(-1)!
    expect(members.map(({ client, keys }) => [client, [...keys].sort()])).toEqual([['a', ['t-0', 't-1', 't-2']]])
    expect([state, members[0]!.memberId]).toEqual(['Stable', member.member.identity.memberId])
    expect(recorder.ops.at(-1)).toMatchObject({ process: 'observer', type: 'info', f: 'group-state', node: stage.coordinator })
    const told = states().length
    stage.run(3000)
    expect(states()).toHaveLength(told)
    stage.wait((done) => member.member.leave(done))
    expect(stage.runUntil(() => states().at(-1)!.state === 'Empty')).toBeDefined()
    expect(states().at(-1)!.members).toEqual([])
  })

  test('says which broker spoke after the coordinator changed', () => {
    const { stage, recorder, states } = observed(protocol)
    const member = stage.member('a', options)
    expect(stage.runUntil(() => states().at(-1)?.state === 'Stable' && member.numbers.length === 3)).toBeDefined()
    const before = stage.coordinator
    stage.cluster.kill(before)
    expect(stage.runUntil(() => recorder.ops.at(-1)!.node !== before)).toBeDefined()
    expect(recorder.ops.at(-1)!.node).toBe(stage.coordinator)
  })
})
