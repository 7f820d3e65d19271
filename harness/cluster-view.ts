/** The nemesis's view of the cluster, through the same eyes the observer has. */
import type { ClusterView } from '../nemesis/control.ts'
import type { Loop } from '../ports/loop.ts'
import type { WorkloadClient } from '../workloads/client/client.ts'
import type { Observer } from '../workloads/observer.ts'
import { BrokerProbes } from './broker-probes.ts'
import type { Coordinators } from './coordinators.ts'

export interface ViewSetup {
  readonly loop: Loop
  /** Of the parts of a trial: each knows its own topics, the first is asked for the rest. */
  readonly observers: readonly Observer[]
  readonly client: WorkloadClient
  readonly coordinators: Coordinators
  readonly address: (brokerId: number) => { readonly host: string; readonly port: number }
  /** Where a connect from here would not tell: whether one to the broker's own listener is refused. */
  readonly refuses?: ClusterView['refuses']
}

export function clusterView({ loop, observers, client, coordinators, address, refuses }: ViewSetup): ClusterView {
  const [observer] = observers as readonly [Observer]
  const probes = new BrokerProbes(loop, client)
  return {
    leaders: () => new Map(observers.flatMap((each) => [...each.leaders()])),
    inSyncReplicas: () => new Map(observers.flatMap((each) => [...each.inSyncReplicas()])),
    controller: () => observer.controller(),
    coordinators: () => coordinators.nodes,
    answers: (id, timeoutMs, done) => observer.answers(id, done, timeoutMs),
    refuses: refuses ?? ((id, _timeoutMs, done) => {
      const { host, port } = address(id)
      observer.probeConnect(host, port, (result) => done(result === 'refused'))
    }),
    lists: (id, timeoutMs, done) => {
      client.admin.metadata([], timeoutMs, (result) => {
        if (!result.ok || !result.value.nodes.some(({ node }) => node === id)) return done(false)
        return observer.answers(id, done, timeoutMs)
      })
    },
    writes: (id, done) => probes.write(id, done),
  }
}
