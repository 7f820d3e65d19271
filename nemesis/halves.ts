/** Cuts the brokers into two parts, as equal as can be, by lot; the target may be in the majority or not. */
import { shuffled } from './aim.ts'
import { cutFault } from './cut.ts'
import type { Fault } from './fault.ts'
import { linksBetween } from './links.ts'

export const halves: Fault = cutFault({
  name: 'halves',
  describes: 'Cuts the brokers into two halves that do not reach each other.',
  aims: ['one'],
  links: (_targets, brokerIds, random) => {
    const order = shuffled(brokerIds, random)
    const middle = Math.floor(order.length / 2)
    return linksBetween(order.slice(0, middle), order.slice(middle))
  },
})
