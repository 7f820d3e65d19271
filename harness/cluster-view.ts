/** The nemesis's view of the cluster, through the same eyes the observer has. */
import type { ClusterView } from '../nemesis/control.ts'
import type { WorkloadClient } from '../workloads/client/client.ts'
import type { Observer } from '../workloads/observer.ts'

export function clusterView(
  observer: Observer,
  client: WorkloadClient,
  address: (brokerId: number) => { readonly host: string; readonly port: number },
): ClusterView {
  return {
    leaders: () => observer.leaders(),
    controller: () => observer.controller(),
    answers: (id, timeoutMs, done) => observer.answers(id, done, timeoutMs),
    refuses: (id, _timeoutMs, done) => {
      const { host, port } = address(id)
      observer.probeConnect(host, port, (result) => done(result === 'refused'))
    },
    lists: (id, timeoutMs, done) => {
      client.admin.metadata([], timeoutMs, (result) => {
        if (!result.ok || !result.value.nodes.some(({ node }) => node === id)) return done(false)
        return observer.answers(id, done, timeoutMs)
      })
    },
  }
}
