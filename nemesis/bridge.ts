/** Cuts the brokers into two halves that both still reach the target: each side sees a majority of its own. */
import { shuffled } from './aim.ts'
import { cutFault } from './cut.ts'
import type { Fault } from './fault.ts'
import { linksBetween } from './links.ts'

export const bridge: Fault = cutFault({
  name: 'bridge',
  describes: 'Cuts the brokers into two halves that both still reach one broker, the target.',
  aims: ['leader', 'controller', 'one'],
  links: (targets, brokerIds, random) => {
    const order = shuffled(brokerIds.filter((id) => !targets.includes(id)), random)
    const middle = Math.floor(order.length / 2)
    return linksBetween(order.slice(0, middle), order.slice(middle))
  },
})
