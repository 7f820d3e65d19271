/**
 * Loses a share of all packets of brokers, to and from everybody: the network that is not cut and not well. Shown by many
 * probes over their links: some are lost and some arrive, while every probe between the others does.
 */
import { randomPick } from '../ports/random.ts'
import { canCut, type BrokerControl, type LinkControl, type LossControl } from './control.ts'
import { awaitRound, probeAll } from './cut.ts'
import type { Fault, FaultContext, Shown } from './fault.ts'
import { allLinks, isSameLink, type Link } from './links.ts'

type Able = BrokerControl & LossControl & { readonly links: LinkControl }

function isAble(control: BrokerControl): control is Able {
  return (control as Partial<LossControl>).losePackets !== undefined && canCut(control)
}

const shares: readonly number[] = [0.1, 0.2, 0.3]
/** Of each link of a target, in one round: a share of a tenth then loses none of four links' with a chance below 1 %. */
const probesPerLink = 12

function setLoss(context: FaultContext, targets: readonly number[], share: number, done: (shown: Shown) => void): void {
  const control = context.control as Able
  let open = targets.length
  for (const id of targets) {
    control.losePackets(id, share, () => {
      open--
      if (open === 0) awaitRound(context, (answer) => look(context, { targets, isLossy: share > 0 }, answer), done)
    })
  }
}

interface Wanted {
  readonly targets: readonly number[]
  readonly isLossy: boolean
}

function look({ control }: FaultContext, { targets, isLossy }: Wanted, done: (shown: Shown) => void): void {
  const { links, brokerIds } = control as Able
  const cut = links.cutLinks()
  const asked = allLinks(brokerIds).filter((link) => !cut.some((other) => isSameLink(other, link)))
  const isTheirs = ({ from, to }: Link): boolean => targets.some((id) => id === from || id === to)
  const probes = asked.flatMap((link) => (isTheirs(link) ? Array.from({ length: probesPerLink }, () => link) : [link]))
  probeAll(links, probes, (arrived) => {
    const theirs = arrived.filter((_, at) => isTheirs(probes[at]!))
    const lost = theirs.filter((yes) => !yes).length
    const othersLost = arrived.filter((yes, at) => !yes && !isTheirs(probes[at]!)).length
    const shown = othersLost === 0 && (isLossy ? lost > 0 && lost < theirs.length : lost === 0)
    done({ shown, evidence: { probes: theirs.length, lost, othersLost } })
  })
}

export const packetLoss: Fault = {
  name: 'packet-loss',
  describes: 'Loses 10 % to 30 % of all packets to and from a broker.',
  isAvailable: isAble,
  aims: ['leader', 'controller', 'in-sync-follower', 'one'],
  draw: (random) => ({ lossShare: randomPick(random, shares) }),
  inject: (context, targets, done) => setLoss(context, targets, context.parameters['lossShare'] as number, done),
  heal: (context, targets, done) => setLoss(context, targets, 0, done),
}
