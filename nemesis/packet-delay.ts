/**
 * Holds every packet to and from brokers for a while: the far-away machine, the crowded network. Shown by the time probes
 * over their links take, the fastest of a few, while those between the others are as fast as before.
 */
import type { Loop } from '../ports/loop.ts'
import { canCut, type BrokerControl, type DelayControl, type LinkControl } from './control.ts'
import { awaitRound } from './cut.ts'
import { probeTimeoutMs, type Fault, type FaultContext, type Shown } from './fault.ts'
import { allLinks, isSameLink, type Link } from './links.ts'
import { logUniform } from './skewed-clock.ts'

type Able = BrokerControl & DelayControl & { readonly links: LinkControl }

function isAble(control: BrokerControl): control is Able {
  return (control as Partial<DelayControl>).delayPackets !== undefined && canCut(control)
}

/** Shorter ones do not stand out on a busy machine. */
const shortestMs = 50
const longestMs = 150
const probesPerLink = 4

function setDelay(context: FaultContext, targets: readonly number[], delayMs: number, done: (shown: Shown) => void): void {
  const control = context.control as Able
  let open = targets.length
  for (const id of targets) {
    control.delayPackets(id, delayMs, () => {
      open--
      if (open === 0) awaitRound(context, (answer) => look(context, { targets, isSlow: delayMs > 0 }, answer), done)
    })
  }
}

interface Wanted {
  readonly targets: readonly number[]
  readonly isSlow: boolean
}

/** Links of targets take all of the delay at least, the others less than that. */
function look(context: FaultContext, { targets, isSlow }: Wanted, done: (shown: Shown) => void): void {
  const { links, brokerIds } = context.control as Able
  const delayMs = context.parameters['delayMs'] as number
  const cut = links.cutLinks()
  const asked = allLinks(brokerIds).filter((link) => !cut.some((other) => isSameLink(other, link)))
  const isTheirs = ({ from, to }: Link): boolean => targets.some((id) => id === from || id === to)
  fastest(context.loop, links, asked, (ms) => {
    const theirs = ms.filter((_, at) => isTheirs(asked[at]!))
    const others = ms.filter((_, at) => !isTheirs(asked[at]!))
    const shown = others.every((each) => each < delayMs) && theirs.every((each) => each >= delayMs === isSlow)
    done({ shown, evidence: { fastestMs: Math.min(...theirs), slowestMs: Math.max(...theirs), othersMs: Math.max(...others) } })
  })
}

/** Milliseconds of the fastest probe over each link; Infinity where none came. */
function fastest(loop: Loop, ability: LinkControl, asked: readonly Link[], done: (ms: readonly number[]) => void): void {
  const ms = asked.map(() => Infinity)
  let open = asked.length * probesPerLink
  asked.forEach((link, at) => {
    for (let i = 0; i < probesPerLink; i++) {
      const startMs = loop.now()
      ability.probe(link, 2 * probeTimeoutMs, (arrived) => {
        if (arrived) ms[at] = Math.min(ms[at]!, loop.now() - startMs)
        open--
        if (open === 0) done(ms)
      })
    }
  })
}

export const packetDelay: Fault = {
  name: 'packet-delay',
  describes: 'Delays all packets to and from a broker by 50 to 150 ms.',
  isAvailable: isAble,
  aims: ['leader', 'controller', 'in-sync-follower', 'one'],
  draw: (random) => ({ delayMs: logUniform(random, shortestMs, longestMs) }),
  inject: (context, targets, done) => setDelay(context, targets, context.parameters['delayMs'] as number, done),
  heal: (context, targets, done) => setDelay(context, targets, 0, done),
}
