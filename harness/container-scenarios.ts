/** What `verify --target containers` runs: scenarios of the processes, and what only containers can suffer. */
import { cpuSqueeze } from '../nemesis/cpu-squeeze.ts'
import { cutClients } from '../nemesis/cut-clients.ts'
import { cutOneWay } from '../nemesis/cut-one-way.ts'
import { disconnect } from '../nemesis/disconnect.ts'
import { diskFull } from '../nemesis/disk-full.ts'
import { isolate } from '../nemesis/isolate.ts'
import { memorySqueeze } from '../nemesis/memory-squeeze.ts'
import { packetDelay } from '../nemesis/packet-delay.ts'
import { packetLoss } from '../nemesis/packet-loss.ts'
import { powerLoss } from '../nemesis/power-loss.ts'
import type { ContainerScenario, Scenario } from './scenarios.ts'

/** As on processes. */
const shared: ReadonlySet<string> = new Set(['kill-leader', 'pause-leader', 'group-storm', 'transaction-storm', 'clock-skew', 'rolling-restart'])

const own: readonly ContainerScenario[] = [
  {
    target: 'containers',
    name: 'cut-links',
    describes: 'Disconnects leaders altogether, cuts one direction of one of their links, and the clients off from them.',
    brokers: 3,
    idempotence: true,
    nemesis: {
      attacks: [
        { fault: disconnect, aim: 'leader' },
        { fault: cutOneWay, aim: 'leader' },
        { fault: cutClients, aim: 'leader' },
        { fault: isolate, aim: 'controller' },
      ],
      inTurn: true,
      lanes: 1,
      quietMs: [300, 800],
      holdMs: [3500, 4000],
    },
  },
  {
    target: 'containers',
    name: 'squeeze',
    describes: 'Loses and delays packets of leaders, and leaves them too little of a processor or of memory.',
    brokers: 3,
    idempotence: true,
    keepsLeaders: true,
    nemesis: {
      attacks: [{ fault: memorySqueeze, aim: 'leader' }, { fault: packetLoss, aim: 'leader' }, { fault: packetDelay, aim: 'leader' }, { fault: cpuSqueeze, aim: 'leader' }],
      inTurn: true,
      lanes: 1,
      quietMs: [300, 800],
      holdMs: [3500, 4000],
    },
  },
  {
    target: 'containers',
    name: 'disk-full',
    describes: 'Fills the disk of a leader until it stops, then makes room and starts it again.',
    brokers: 3,
    idempotence: true,
    dataSizeMiB: 256,
    nemesis: {
      attacks: [{ fault: diskFull, aim: 'leader' }],
      lanes: 1,
      quietMs: [500, 1000],
      holdMs: [3500, 4500],
    },
  },
  {
    target: 'containers',
    name: 'power-loss',
    describes: 'Cuts the power of a leader: what it had not synced is gone from its disk, and it starts again on the rest.',
    brokers: 3,
    idempotence: true,
    losesPower: true,
    nemesis: {
      attacks: [{ fault: powerLoss, aim: 'leader' }, { fault: powerLoss, aim: 'controller' }],
      inTurn: true,
      lanes: 1,
      quietMs: [1500, 2500],
      // Longer than the election of a controller and then a session: the broker may have been the controller too.
      holdMs: [4500, 6000],
    },
  },
]

export function onContainers(scenarios: readonly Scenario[]): ContainerScenario[] {
  const again = scenarios.flatMap((each): ContainerScenario[] =>
    each.target === 'processes' && shared.has(each.name) ? [{ ...each, target: 'containers' }] : [])
  return [...again.slice(0, 2), ...own, ...again.slice(2)]
}
