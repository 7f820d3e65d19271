/** What `verify --target containers` runs: scenarios of the processes, and what only containers can suffer. */
import { cutClients } from '../nemesis/cut-clients.ts'
import { cutOneWay } from '../nemesis/cut-one-way.ts'
import { disconnect } from '../nemesis/disconnect.ts'
import { isolate } from '../nemesis/isolate.ts'
import type { ContainerScenario, Scenario } from './scenarios.ts'

/** As on processes. */
const shared: readonly string[] = ['kill-leader', 'pause-leader', 'clock-skew', 'rolling-restart']

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
]

export function onContainers(scenarios: readonly Scenario[]): ContainerScenario[] {
  const again = scenarios.flatMap((each): ContainerScenario[] =>
    each.target === 'processes' && shared.includes(each.name) ? [{ ...each, target: 'containers' }] : [])
  return [...again.slice(0, 2), ...own, ...again.slice(2)]
}
