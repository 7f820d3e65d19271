/**
 * The notation of consumer groups. A word `m1@3` is member m1 in generation 3; `x:5` is offset 5 of key x, `x:-1` none.
 *
 *     p1/a join g classic/range x y as i1 -> ok m1@3      protocol/assignor, topics, instance id; all may be left out
 *     p1/a assigned g m1@3 x:0 y                          a mark, with the starts known; `+ x:0` when incremental; `by 2` told them
 *     p1/a revoked g m1@3 x                               p1/a lost g m1 x y for FENCED_MEMBER_EPOCH
 *     p1/a heard g m1 11.5s                               sent then
 *     p1/a paused g m1@3 x                                x is not read from here on, everything else is
 *     p1/a letter g m1@3 d:0 of x:5 key bob for POISON     a dead letter, and what it says; each of the three may be missing
 *     p1/a process g m1@3 x 0..4 -> ok                    -> info 2 (done up to it)  -> fail 3 (the poison)
 *     p1/a commit g m1@3 x:5 y:3 -> ok by 2               answered by broker 2; `-` for one who is no member
 *     p9 offsets g x -> ok x:5                            p9 reset-offsets g x:0 -> ok
 *     p1/a leave g m1 -> ok
 *     group g Stable 3 m1=x,y m2=                         what the observer was told
 */
import { groupMarks, groupRequests, type JoinAsked, type KeyOffset, type ProcessValue } from './group-op.ts'
import { HistoryError } from './history-error.ts'
import type { Key, NewOp, OpType } from './op.ts'

const marks: ReadonlySet<string> = new Set(groupMarks)
const requests: ReadonlySet<string> = new Set(groupRequests)
const nanosecondsPerSecond = 1e9

export function isGroupMark(f: string): boolean {
  return marks.has(f)
}

export function isGroupRequest(f: string): boolean {
  return requests.has(f)
}

function readKey(word: string): Key {
  return /^-?\d{1,15}$/.test(word) ? Number(word) : word
}

function readKeyOffset(word: string, line: number): KeyOffset {
  const [, key, offset] = /^(.+):(-?\d{1,16})$/.exec(word) ?? []
  if (key === undefined) throw new HistoryError(line, `an offset of a key is written KEY:OFFSET, not "${word}"`)
  return [readKey(key), Number(offset)]
}

interface Member {
  readonly memberId: string
  readonly generation: number
}

function readMember(word: string | undefined, line: number): Member {
  if (word === '-') return { memberId: '', generation: -1 }
  const [, memberId, generation] = /^(.+)@(-?\d+)$/.exec(word ?? '') ?? []
  if (memberId === undefined) throw new HistoryError(line, `a member is written MEMBER@GENERATION, not "${word ?? ''}"`)
  return { memberId, generation: Number(generation) }
}

function readJoin(group: string, words: readonly string[], line: number): JoinAsked {
  const as = words.indexOf('as')
  const instanceId = as < 0 ? undefined : words[as + 1]
  if (as >= 0 && instanceId === undefined) throw new HistoryError(line, 'after "as" comes an instance id')
  const rest = as < 0 ? words : words.slice(0, as)
  const hasProtocol = rest[0]?.includes('/') === true
  const [protocol, assignor] = hasProtocol ? rest[0]!.split('/') : ['classic', 'range']
  if (protocol !== 'classic' && protocol !== 'consumer') throw new HistoryError(line, `no protocol is called "${protocol!}"`)
  const topics = hasProtocol ? rest.slice(1) : rest
  return { group, protocol, assignor: assignor!, topics, ...(instanceId !== undefined && { instanceId }) }
}

function readProcess(group: string, words: readonly string[], line: number): ProcessValue {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(words[2] ?? '') ?? []
  if (first === undefined) throw new HistoryError(line, `work is written "GROUP MEMBER@GENERATION KEY FIRST..LAST"`)
  return { group, ...readMember(words[0], line), key: readKey(words[1]!), offsets: [Number(first), Number(last)] }
}

/** What an invocation asks. */
export function readGroupAsked(f: string, text: string, line: number): unknown {
  const [group, ...words] = text.split(/\s+/)
  if (group === undefined || group === '') throw new HistoryError(line, `a ${f} names its group`)
  switch (f) {
    case 'join':
      return readJoin(group, words, line)
    case 'process':
      return readProcess(group, words, line)
    case 'commit':
      return { group, ...readMember(words[0], line), offsets: words.slice(1).map(word => readKeyOffset(word, line)) }
    case 'offsets':
      return words.length === 0 ? { group } : { group, keys: words.map(readKey) }
    case 'reset-offsets':
      return { group, offsets: words.map(word => readKeyOffset(word, line)) }
    default:
      return { group, memberId: words[0] ?? '' }
  }
}

/** What a completion adds to what was asked. */
function readAnswer(f: string, type: OpType, words: readonly string[], line: number): object {
  if (words.length === 0) return {}
  if (f === 'join') return readMember(words[0], line)
  if (f === 'process') return { [type === 'fail' ? 'poison' : 'done']: Number(words[0]) }
  return { offsets: words.map(word => readKeyOffset(word, line)) }
}

/** Value of a completion, and the broker that answered where `by N` ends the line. */
export function readGroupAnswer(open: Pick<NewOp, 'f' | 'value'>, type: OpType, text: string, line: number): Pick<NewOp, 'value' | 'node'> {
  const [, results, node] = /^(.*?)\s*(?:\bby (\d+))?$/.exec(text)!
  const words = results!.split(/\s+/).filter(word => word !== '')
  const { keys: _, ...asked } = open.value as Record<string, unknown>
  const kept = open.f === 'offsets' && words.length > 0 ? asked : (open.value as object)
  const value = { ...kept, ...readAnswer(open.f, type, words, line) }
  return node === undefined ? { value } : { value, node: Number(node) }
}

function readSeconds(word: string | undefined, line: number): number {
  const [, amount] = /^(\d+(?:\.\d+)?)s$/.exec(word ?? '') ?? []
  if (amount === undefined) throw new HistoryError(line, `when a heartbeat was sent is written 1.5s, not "${word ?? ''}"`)
  return Math.round(Number(amount) * nanosecondsPerSecond)
}

function readLetter([where, ...words]: readonly string[], line: number): object {
  const [key, offset] = readKeyOffset(where ?? '', line)
  const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined)
  const [of, recordKey, cause] = [after('of'), after('key'), after('for')]
  return {
    key,
    offset,
    ...(of !== undefined && { of: readKeyOffset(of, line) }),
    ...(recordKey !== undefined && { recordKey }),
    ...(cause !== undefined && { cause }),
  }
}

/** Value of a mark, and the broker that told what it says where `by N` ends the line. */
export function readGroupMark(f: string, text: string, line: number): Pick<NewOp, 'value' | 'node'> {
  const [, said, node] = /^(.*?)\s*(?:\bby (\d+))?$/.exec(text)!
  const value = f === 'lost' ? readMarkValue(f, text, line) : readMarkValue(f, said!, line)
  return f === 'lost' || node === undefined ? { value } : { value, node: Number(node) }
}

function readMarkValue(f: string, text: string, line: number): unknown {
  const [group, member, ...words] = text.split(/\s+/)
  if (member === undefined) throw new HistoryError(line, `a mark ${f} names its group and its member`)
  if (f === 'heard') return { group, memberId: member, sentAt: readSeconds(words[0], line) }
  if (f === 'lost') {
    const reason = words.indexOf('for')
    const keys = (reason < 0 ? words : words.slice(0, reason)).map(readKey)
    return { group, memberId: member, keys, reason: reason < 0 ? '' : words.slice(reason + 1).join(' ') }
  }
  if (f === 'revoked' || f === 'paused') return { group, ...readMember(member, line), keys: words.map(readKey) }
  if (f === 'subscribed') return { group, ...readMember(member, line), topics: words }
  if (f === 'letter') return { group, ...readMember(member, line), ...readLetter(words, line) }
  const incremental = words[0] === '+'
  const given = incremental ? words.slice(1) : words
  const starts = given.filter(word => /:-?\d+$/.test(word)).map(word => readKeyOffset(word, line))
  const keys = given.map(word => (/:-?\d+$/.test(word) ? readKeyOffset(word, line)[0] : readKey(word)))
  return { group, ...readMember(member, line), keys, starts, incremental }
}

/** `GROUP STATE GENERATION MEMBER=KEY,… …`, as the observer is told. */
export function readGroupState(text: string, line: number): NewOp {
  const [group, state, generation, ...members] = text.split(/\s+/)
  if (generation === undefined || !/^-?\d+$/.test(generation)) {
    throw new HistoryError(line, `a group's state is written "GROUP STATE GENERATION MEMBER=KEY,…", not "${text}"`)
  }
  const value = {
    group,
    state,
    generation: Number(generation),
    members: members.map(word => {
      const [memberId, keys = ''] = word.split('=')
      return { memberId: memberId!, keys: keys.split(',').filter(key => key !== '').map(readKey) }
    }),
  }
  return { process: 'observer', type: 'info', f: 'group-state', value }
}
