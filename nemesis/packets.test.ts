import { expect, it } from 'vitest'
import type { BrokerControl } from './control.ts'
import { packetDelay } from './packet-delay.ts'
import { packetLoss } from './packet-loss.ts'

it('what a kernel cannot do to packets is not available', () => {
  const control = { brokerIds: [1], links: {}, losePackets: undefined, delayPackets: undefined } as unknown as BrokerControl
  expect([packetLoss, packetDelay].map(({ isAvailable }) => isAvailable!(control))).toEqual([false, false])
  const able = { ...control, losePackets: () => undefined, delayPackets: () => undefined } as unknown as BrokerControl
  expect([packetLoss, packetDelay].map(({ isAvailable }) => isAvailable!(able))).toEqual([true, true])
})
