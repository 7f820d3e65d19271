import fc from 'fast-check'
import { expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { Loop } from '../../../ports/loop.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { ScriptedNetwork } from '../testing/scripted-network.ts'
import { Peer, type PeerAnswer } from './peer.ts'

it('whatever a stranger at the address answers fails the request and nothing else', () => {
  const frames = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.of(0, 0, 0, 1, ...rest)))
  fc.assert(fc.property(frames, (frame) => {
    const answers: PeerAnswer<unknown>[] = []
    const network: ScriptedNetwork = new ScriptedNetwork((event) => loop.step(event))
    const random = { uint32: () => 0 }
    const loop = new Loop({ network, clock: new ManualClock(), random } as never)
    const peer = new Peer(loop, '1', () => ({ host: 'h', port: 1 }))
    peer.request(apis.DescribeCluster, { includeClusterAuthorizedOperations: false }, 1000, (answer) => answers.push(answer))
    network.answer(network.sent[0]!.connection, frame)
    expect(answers).toHaveLength(1)
    if (answers[0]!.ok) expect(frame.subarray(0, 4)).toEqual(Uint8Array.of(0, 0, 0, 1))
  }))
})
