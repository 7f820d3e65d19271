/** Sets feature levels as an administrator does (UpdateFeatures, KIP-584), and waits until brokers tell them. */
import { apis } from '../../protocol/apis.ts'
import type { Play } from './play.ts'
import type { RaceFloor } from './play-race.ts'
import { CannotPlay } from './race.ts'
import { RawClient } from './raw-client.ts'

/** Kafka's numbers for kinds of change; the kind must be right even where nothing can be lost. */
const upgrade = 1
const safeDowngrade = 2
const timeoutMs = 10_000
const againMs = 100
const versionsWithFeatures = 3

export function* finalizeFeatures(floor: RaceFloor, wanted: Readonly<Record<string, number>>): Play {
  const { loop, proxy, cluster, requestTimeoutMs, patienceMs } = floor
  const raw = new RawClient(loop, { clientId: 'admin', addressOf: (node) => proxy.address(node)!, requestTimeoutMs })
  const deadlineMs = loop.now() + patienceMs
  const body = { clientSoftwareName: 'tribunal', clientSoftwareVersion: '1' }
  let refusal = 'nobody answered'
  for (let turn = 0; Object.keys(wanted).length > 0; turn++) {
    const node = cluster.nodes[turn % cluster.nodes.length]!
    const told = yield* raw.ask(apis.ApiVersions, body, { node, maxVersion: versionsWithFeatures })
    const levelOf = (feature: string): number => told.body?.finalizedFeatures.find(({ name }) => name === feature)?.maxVersionLevel ?? 0
    const open = told.body === undefined ? [] : Object.entries(wanted).filter(([feature, level]) => levelOf(feature) !== level)
    if (told.body !== undefined && open.length === 0) break
    if (loop.now() > deadlineMs) throw new CannotPlay(`the features were not finalized: ${refusal}`)
    if (open.length > 0) {
      const featureUpdates = open.map(([feature, maxVersionLevel]) =>
        ({ feature, maxVersionLevel, upgradeType: maxVersionLevel < levelOf(feature) ? safeDowngrade : upgrade }))
      const { error } = yield* raw.ask(apis.UpdateFeatures, { timeoutMs, featureUpdates }, { node })
      refusal = error
    }
    yield (resume) => void loop.after(againMs, resume)
  }
  raw.disconnect()
}
