/**
 * Reads one line of the notation into the one or two ops it stands for. See notation.ts for the notation.
 */
import type { FinalRead } from './final-read.ts'
import { HistoryError } from './history-error.ts'
import { isGroupMark, isGroupRequest, readGroupAnswer, readGroupAsked, readGroupMark, readGroupState } from './notation-groups.ts'
import { readObservation } from './notation-observation.ts'
import type { Key, MicroOp, NewOp, OpType, Polled, PolledRecord, Process, RecordMeta, Value } from './op.ts'

/** The op a process has open: what a completion on a line of its own refers to. */
export interface OpenOp {
  readonly f: string
  readonly value: unknown
  readonly client?: string
}

export type OpenOps = Map<Process, OpenOp>

/** Where a line stands: its number from 1, and the index of its first op. */
export interface Place {
  readonly line: number
  readonly next: number
}

const unknownOffset = -1

function readName(word: string): Key & Value {
  return /^-?\d{1,15}$/.test(word) ? Number(word) : word
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(word => word !== '')
}

function parts(text: string): string[] {
  return text.split(',').map(part => part.trim())
}

function readJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HistoryError(line, `expected JSON, found ${text === '' ? 'nothing' : text}`)
  }
}

function readSend(text: string, line: number): MicroOp {
  const [key, value, ...rest] = words(text)
  if (key === undefined || value === undefined || rest.length > 0) {
    throw new HistoryError(line, `a send is written "KEY VALUE", not "${text}"`)
  }
  return { f: 'send', key: readName(key), value: readName(value) }
}

function readTxnPart(text: string, line: number): MicroOp {
  if (text === 'poll') return { f: 'poll' }
  if (text.startsWith('send ')) return readSend(text.slice(5), line)
  if (text.startsWith('offsets ')) return readOffsets(text.slice(8), line)
  throw new HistoryError(line, `a txn is written "send KEY VALUE, poll, …", not "${text}"`)
}

function readOffsets(text: string, line: number): MicroOp {
  const [group, ...rest] = words(text)
  const offsets = rest.map((word): [Key, number] => {
    const [, key, offset] = /^(.+):(\d+)$/.exec(word) ?? []
    if (key === undefined) throw new HistoryError(line, `an offset of a group is written KEY:OFFSET, not "${word}"`)
    return [readName(key), Number(offset)]
  })
  if (offsets.length === 0) throw new HistoryError(line, `offsets are written "offsets GROUP KEY:OFFSET …", not "offsets ${text}"`)
  return { f: 'offsets', group: group!, offsets }
}

function readAsked(f: string, text: string, line: number): unknown {
  switch (f) {
    case 'send':
      return parts(text).map(part => readSend(part, line))
    case 'poll':
      if (text !== '') throw new HistoryError(line, `a poll asks nothing, found "${text}"`)
      return [{ f: 'poll' }]
    case 'txn':
      return parts(text).map(part => readTxnPart(part, line))
    case 'assign':
    case 'subscribe': {
      if (text.startsWith('{')) return readJson(text, line)
      const [list, seek] = text.split(' from ')
      const keys = words(list ?? '').map(readName)
      return seek === undefined ? keys : { keys, seek }
    }
    default:
      if (isGroupRequest(f) && text !== '' && !text.startsWith('{')) return readGroupAsked(f, text, line)
      return text === '' ? null : readJson(text, line)
  }
}

function readOffset(word: string, line: number): number {
  if (word === '?') return unknownOffset
  if (/^\d{1,16}$/.test(word)) return Number(word)
  throw new HistoryError(line, `an offset is digits or ?, not "${word}"`)
}

function readMeta(epoch: string | undefined, recordKey: string | undefined): RecordMeta | undefined {
  if (epoch === undefined && recordKey === undefined) return undefined
  return { ...(epoch !== undefined && { leaderEpoch: Number(epoch) }), ...(recordKey !== undefined && { recordKey }) }
}

function readRecord(word: string, line: number): PolledRecord {
  const [, offset, value, epoch, recordKey] = /^([^:]*):(.*?)(?:@(\d+))?(?:\/([^/]*))?$/.exec(word) ?? []
  if (offset === undefined) throw new HistoryError(line, `a polled record is written OFFSET:VALUE, not "${word}"`)
  const meta = readMeta(epoch, recordKey)
  const record = [readOffset(offset, line), readName(value!)] as const
  return meta === undefined ? record : [...record, meta]
}

function readPolled(text: string, line: number): Polled[] {
  const polled: Polled[] = []
  const form = /([^\s[\]]+?)(?:@(\d+))?\[([^\]]*)\]/g
  const rest = text.replaceAll(form, (_, key: string, epoch: string | undefined, text: string) => {
    const records = words(text).map(word => readRecord(word, line))
    polled.push(epoch === undefined ? [readName(key), records] : [readName(key), records, Number(epoch)])
    return ''
  })
  if (rest.trim() !== '') {
    throw new HistoryError(line, `what a poll returned is written KEY[OFFSET:VALUE …], not "${text}"`)
  }
  return polled
}

function answered(asked: MicroOp, text: string | undefined, line: number): MicroOp {
  if (text === undefined || text === '-') return asked
  if (asked.f === 'poll') return { f: 'poll', polled: readPolled(text, line) }
  if (asked.f === 'offsets') throw new HistoryError(line, `offsets have no result, found "${text}"`)
  if (text === '' || text === '@?') return asked
  if (!text.startsWith('@')) {
    throw new HistoryError(line, `what a send returned is written @OFFSET, not "${text}"`)
  }
  return { ...asked, offset: readOffset(text.slice(1), line) }
}

function readFinal(text: string, line: number): FinalRead {
  const reached: Record<string, number> = {}
  const target: Record<string, number> = {}
  const keys: Key[] = []
  for (const word of words(text)) {
    const match = /^(.+):(\d+)\/(\d+)$/.exec(word)
    if (match === null) {
      throw new HistoryError(line, `a final read is written KEY:REACHED/TARGET, not "${word}"`)
    }
    keys.push(readName(match[1]!))
    reached[match[1]!] = Number(match[2])
    target[match[1]!] = Number(match[3])
  }
  return { keys, reached, target, complete: keys.every(key => reached[key]! >= target[key]!) }
}

function completion(open: OpenOp, text: string, line: number): Pick<NewOp, 'type' | 'value' | 'error' | 'node'> {
  const [, word, code, results] = /^(\S+)(?:\s+([A-Z][A-Z0-9_]+))?\s*(.*)$/.exec(text) ?? []
  if (word !== 'ok' && word !== 'fail' && word !== 'info') {
    throw new HistoryError(line, `after -> comes ok, fail or info, not "${text}"`)
  }
  const type: OpType = word
  const error = code === undefined ? undefined : { error: { code, definite: type === 'fail' } }
  if (open.f === 'final-read') return { type, value: readFinal(results!, line), ...error }
  if (isGroupRequest(open.f) && !results!.startsWith('{')) {
    return { type, ...readGroupAnswer(open, type, results!, line), ...error }
  }
  if (open.f !== 'send' && open.f !== 'poll' && open.f !== 'txn') {
    return { type, value: results === '' ? open.value : readJson(results!, line), ...error }
  }
  const asked = open.value as readonly MicroOp[]
  const given = results === '' && type !== 'ok' ? [] : parts(results!)
  if (given.length > asked.length) {
    throw new HistoryError(line, `${given.length} results for ${asked.length} micro-ops`)
  }
  return { type, value: asked.map((micro, at) => answered(micro, given[at], line)), ...error }
}

function readClientLine(head: RegExpExecArray, open: OpenOps, line: number): NewOp[] {
  const process = Number(head[1])
  const [asked, results] = head[3]!.split(/(?:^|\s+)->\s*/)
  const [, f, text] = /^(\S*)\s*(.*)$/.exec(asked!.trim())!
  const ops: NewOp[] = []
  const client = head[2] === undefined ? undefined : { client: head[2] }
  if (isGroupMark(f!) && !text!.startsWith('{')) {
    const { client: opened } = open.get(process) ?? {}
    const who = client ?? (opened !== undefined && { client: opened })
    return [{ process, type: 'info', f: f!, ...readGroupMark(f!, text!, line), ...who }]
  }
  if (f !== '') {
    open.set(process, { f: f!, value: f === 'final-read' ? null : readAsked(f!, text!, line), ...client })
    if (f !== 'final-read') ops.push({ process, type: 'invoke', ...open.get(process)! })
  }
  if (results === undefined) return ops
  const opened = open.get(process)
  if (opened === undefined) throw new HistoryError(line, `process ${process} has no op open`)
  open.delete(process)
  ops.push({ process, ...opened, ...completion(opened, results, line) })
  return ops
}

/** `F JSON`; only what others than the nemesis say may have no JSON. */
function readNamed(process: 'harness' | 'observer' | 'nemesis', rest: string, line: number): NewOp {
  const [, f, value] = /^(\S+)\s*(.*)$/.exec(rest) ?? []
  const isFault = process === 'nemesis'
  if (f === undefined) throw new HistoryError(line, `a ${process} line names its ${isFault ? 'fault' : 'op'}`)
  return { process, type: 'info', f, value: value === '' && !isFault ? null : readJson(value!, line) }
}

/** `[NODE] JSON`, or the words of one observation. */
function readObserve(rest: string, { line, next }: Place): NewOp {
  const [, node, json] = /^(?:(\d+)\s+)?(\[.*)$/.exec(rest) ?? []
  if (json === undefined && rest !== '') return readObservation(rest, line, next)
  const op: NewOp = { process: 'observer', type: 'info', f: 'observe', value: readJson(json ?? '', line) }
  return node === undefined ? op : { ...op, node: Number(node) }
}

function readOther(word: string, rest: string, { line, next }: Place): NewOp | undefined {
  switch (word) {
    case 'config':
      return { process: 'harness', type: 'info', f: 'config', value: readJson(rest, line) }
    case 'phase':
      return { process: 'harness', type: 'info', f: 'phase', value: rest }
    case 'observe':
      return readObserve(rest, { line, next })
    case 'group':
      return readGroupState(rest, line)
    case 'harness':
    case 'observer':
    case 'nemesis':
      return readNamed(word, rest, line)
    default:
      return undefined
  }
}

/** The ops of one line that is neither blank nor a comment. `open` is kept up to date. */
export function readNotationLine(text: string, open: OpenOps, place: Place): NewOp[] {
  const client = /^p(\d+)(?:\/(\S+))?\s*(.*)$/.exec(text)
  if (client !== null) return readClientLine(client, open, place.line)
  const [, word, rest] = /^(\S+)\s*(.*)$/.exec(text)!
  const op = readOther(word!, rest!, place)
  if (op !== undefined) return [op]
  const known = 'pN, config, phase, observe, group, observer, harness or nemesis'
  throw new HistoryError(place.line, `a line begins with ${known}, not "${word}"`)
}
