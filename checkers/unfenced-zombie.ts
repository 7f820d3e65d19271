/**
 * Unfenced zombie: a commit was accepted from one who was the owner no more when it was asked. By the classic protocol the
 * generation of the whole group counts: somebody had been given its share in a later one. By the consumer protocol (KIP-848) the
 * partition does: another member had been given it in a later epoch; so, too, where members of both are in one group, which
 * learn of an epoch one by one. Of a static member: its successor had joined.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { identityOf, type JoinRow, type WriteRow } from './groups/group-ops.ts'
import { type Group, groupsOf } from './groups/groups.ts'
import { grantStep, joinStep, memberName, stepAt, writeStep } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { ok } from './index/codes.ts'
import type { Finding, WitnessStep } from './verdict.ts'

const name = 'unfenced-zombie'
const guarantees: readonly string[] = ['GRP-8']

/** What had been told before the commit was asked: the step that says so, and its words. */
interface Newer {
  readonly step: WitnessStep
  readonly words: string
  readonly aspect: 'generation' | 'partition' | 'static'
}

function protocolAt({ joins, config }: Group, { actor, asked }: WriteRow): string | undefined {
  return joins.findLast(join => join.actor === actor && join.asked < asked)?.value.protocol ?? config.protocol
}

/**
 * Somebody had been given its share in a later generation. To have joined it is not enough: a coordinator writes a generation
 * down with its shares, and one that takes over before that goes on in the generation before (as Apache Kafka's do).
 */
function laterGeneration(index: HistoryIndex, { grants }: Group, commit: WriteRow): Newer | undefined {
  const { asked, era, generation } = commit
  const words = (later: number): string => `generation ${later} had begun`
  const granted = grants.find(each => each.at < asked && each.era === era && each.value.generation > generation)
  if (granted === undefined) return undefined
  const told = `${memberName(index, granted.actor)} was in generation ${granted.value.generation}`
  return { aspect: 'generation', step: stepAt(index, granted.at, told), words: words(granted.value.generation) }
}

/** The partition had been given to somebody else. */
function laterOwner(index: HistoryIndex, group: Group, commit: WriteRow): Newer | undefined {
  const { asked, era, generation, key, memberId } = commit
  const last = group.tenures.get(key)?.findLast(({ from }) => from < asked)
  const isNewer = last !== undefined && last.era === era && last.generation > generation
  if (!isNewer || last.identity === identityOf(group, memberId)) return undefined
  const words = `${memberName(index, last.actor)} had been given it in ${last.generation}`
  return { aspect: 'partition', step: grantStep(index, last), words }
}

/** The static member's successor, if it had joined. */
function successor(group: Group, { asked, memberId }: WriteRow): JoinRow | undefined {
  const instance = group.instances.get(memberId)
  if (instance === undefined) return undefined
  const joins = group.joins.filter(({ outcome, value }) => outcome === ok && value.instanceId === instance)
  const own = joins.findLast(each => each.value.memberId === memberId)
  return joins.find(each => each.done < asked && each.value.memberId !== memberId && each.asked > own!.done)
}

function newerThan(index: HistoryIndex, group: Group, commit: WriteRow): Newer | undefined {
  const next = successor(group, commit)
  if (next !== undefined) {
    return { aspect: 'static', step: joinStep(index, next), words: 'its successor under the same instance id had joined' }
  }
  const isByPartition = protocolAt(group, commit) === 'consumer' || group.joins.some(join => join.value.protocol === 'consumer' && join.asked < commit.asked)
  if (isByPartition) return laterOwner(index, group, commit)
  return laterGeneration(index, group, commit)
}

function finding(index: HistoryIndex, group: Group, commit: WriteRow, newer: Newer): Finding {
  const { key, offset, actor, generation } = commit
  const who = `${memberName(index, actor)} of group ${group.name}`
  return {
    anomaly: name,
    guarantees,
    aspect: newer.aspect,
    blame: 'broker',
    message: `${key}: a commit of ${offset} by ${who} in generation ${generation} was accepted although ${newer.words}`,
    key,
    offsets: [offset],
    witness: [
      newer.step,
      stepAt(index, commit.asked, `${memberName(index, actor)} asked to commit in generation ${generation}`),
      writeStep(index, commit),
    ],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const group of groupsOf(index)) {
    for (const commits of group.writes.values()) {
      for (const commit of commits) {
        if (commit.kind !== 'commit' || commit.outcome !== ok || commit.generation < 0) continue
        const newer = newerThan(index, group, commit)
        if (newer !== undefined) found.add(commit.done - commit.asked, newer.aspect, () => finding(index, group, commit, newer))
      }
    }
  }
  return found.result()
}

export const unfencedZombie: Checker = {
  name,
  describes: 'A commit was accepted from a member whose generation, or whose partition, had passed on before it asked.',
  guarantees,
  check,
}
