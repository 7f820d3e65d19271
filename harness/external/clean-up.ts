/** Leaves an attached cluster as it was: topics of this run are deleted, and that they are gone is looked at. */
import type { Loop } from '../../ports/loop.ts'
import type { WorkloadAdmin } from '../../workloads/client/client.ts'

const deleteWithinMs = 30_000
const goneWithinMs = 15_000
const requestWithinMs = 5000
const lookAgainMs = 200

/** Why not, as one sentence, when some are left. */
export async function cleanUp(loop: Loop, admin: WorkloadAdmin, topicPrefix: string): Promise<string | undefined> {
  const ours = await topicsWith(admin, topicPrefix)
  if (ours === undefined) return `the cluster did not say whether topics ${topicPrefix}-* are left`
  if (ours.length === 0) return undefined
  await new Promise<void>((done) => admin.deleteTopics(ours, deleteWithinMs, () => done()))
  const deadlineMs = loop.now() + goneWithinMs
  for (;;) {
    const left = await topicsWith(admin, topicPrefix)
    if (left?.length === 0) return undefined
    if (loop.now() >= deadlineMs) return `topics of this run could not be deleted: ${(left ?? ours).join(', ')}`
    await new Promise<void>((done) => void loop.after(lookAgainMs, done))
  }
}

function topicsWith(admin: WorkloadAdmin, topicPrefix: string): Promise<readonly string[] | undefined> {
  return new Promise((done) => {
    admin.metadata(null, requestWithinMs, (result) => {
      if (!result.ok) return done(undefined)
      return done(result.value.topics.map(({ name }) => name).filter((name) => name.startsWith(`${topicPrefix}-`)))
    })
  })
}
