/**
 * Reads one line of the notation into the one or two ops it stands for. See notation.ts for the notation.
 */
import type { FinalRead } from './final-read.ts'
import { HistoryError } from './history-error.ts'
import type { Key, MicroOp, NewOp, OpType, Polled, PolledRecord, Process, Value } from './op.ts'

/** The op a process has open: what a completion on a line of its own refers to. */
export interface OpenOp {
  readonly f: string
  readonly value: unknown
  readonly client?: string
}

export type OpenOps = Map<Process, OpenOp>

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
  throw new HistoryError(line, `a txn is written "send KEY VALUE, poll, …", not "${text}"`)
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
      const [list, seek] = text.split(' from ')
      const keys = words(list ?? '').map(readName)
      return seek === undefined ? keys : { keys, seek }
    }
    default:
      return text === '' ? null : readJson(text, line)
  }
}

function readOffset(word: string, line: number): number {
  if (word === '?') return unknownOffset
  if (/^\d{1,16}$/.test(word)) return Number(word)
  throw new HistoryError(line, `an offset is digits or ?, not "${word}"`)
}

function readRecord(word: string, line: number): PolledRecord {
  const colon = word.indexOf(':')
  if (colon === -1) throw new HistoryError(line, `a polled record is written OFFSET:VALUE, not "${word}"`)
  return [readOffset(word.slice(0, colon), line), readName(word.slice(colon + 1))]
}

function readPolled(text: string, line: number): Polled[] {
  const polled: Polled[] = []
  const rest = text.replaceAll(/([^\s[\]]+)\[([^\]]*)\]/g, (_, key: string, records: string) => {
    polled.push([readName(key), words(records).map(word => readRecord(word, line))])
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

function completion(open: OpenOp, text: string, line: number): Pick<NewOp, 'type' | 'value' | 'error'> {
  const [, word, code, results] = /^(\S+)(?:\s+([A-Z][A-Z0-9_]+))?\s*(.*)$/.exec(text) ?? []
  if (word !== 'ok' && word !== 'fail' && word !== 'info') {
    throw new HistoryError(line, `after -> comes ok, fail or info, not "${text}"`)
  }
  const type: OpType = word
  const error = code === undefined ? undefined : { error: { code, definite: type === 'fail' } }
  if (open.f === 'final-read') return { type, value: readFinal(results!, line), ...error }
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
  if (f !== '') {
    const client = head[2] === undefined ? undefined : { client: head[2] }
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

/** The ops of one line that is neither blank nor a comment. `open` is kept up to date. */
export function readNotationLine(text: string, open: OpenOps, line: number): NewOp[] {
  const client = /^p(\d+)(?:\/(\S+))?\s*(.*)$/.exec(text)
  if (client !== null) return readClientLine(client, open, line)
  const [, word, rest] = /^(\S+)\s*(.*)$/.exec(text)!
  switch (word) {
    case 'config':
      return [{ process: 'harness', type: 'info', f: 'config', value: readJson(rest!, line) }]
    case 'phase':
      return [{ process: 'harness', type: 'info', f: 'phase', value: rest }]
    case 'observe':
      return [{ process: 'observer', type: 'info', f: 'observe', value: readJson(rest!, line) }]
    case 'nemesis': {
      const [, f, value] = /^(\S+)\s*(.*)$/.exec(rest!) ?? []
      if (f === undefined) throw new HistoryError(line, 'a nemesis line names its fault')
      return [{ process: 'nemesis', type: 'info', f, value: readJson(value!, line) }]
    }
    default:
      throw new HistoryError(line, `a line begins with pN, config, phase, observe or nemesis, not "${word}"`)
  }
}
