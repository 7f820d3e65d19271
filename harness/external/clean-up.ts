/** Leaves an attached cluster as it was: groups and topics of this run are deleted, and that topics are gone is looked at. */
import type { Loop } from '../../ports/loop.ts'
import type { WorkloadAdmin } from '../../workloads/client/client.ts'

/** Longer than a session lasts: members that died are missed first. */
const groupsWithinMs = 90_000
const deleteWithinMs = 30_000
const goneWithinMs = 15_000
const requestWithinMs = 5000
const lookAgainMs = 200

export interface Left {
  readonly topicPrefix: string
  readonly groups: readonly string[]
}

/** Why not, as one sentence, when some are left. */
export async function cleanUp(loop: Loop, admin: WorkloadAdmin, { topicPrefix, groups }: Left): Promise<string | undefined> {
  const kept = await keptGroups(admin, groups)
  const left = await cleanUpTopics(loop, admin, topicPrefix)
  return kept === undefined || left === undefined ? (kept ?? left) : `${kept}; ${left}`
}

async function keptGroups(admin: WorkloadAdmin, groups: readonly string[]): Promise<string | undefined> {
  const outcomes = await Promise.all(groups.map((group) => new Promise<string | undefined>((done) => {
    admin.deleteGroup(group, groupsWithinMs, (result) => done(result.ok ? undefined : `${group} (${result.error.code})`))
  })))
  const kept = outcomes.filter((each) => each !== undefined)
  return kept.length === 0 ? undefined : `groups of this run could not be deleted: ${kept.join(', ')}`
}

async function cleanUpTopics(loop: Loop, admin: WorkloadAdmin, topicPrefix: string): Promise<string | undefined> {
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
