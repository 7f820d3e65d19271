/** Reads one op from one JSON object: what ours and foreign histories may write, brought to one form. */
import { checkConfig } from './config-reader.ts'
import { HistoryError } from './history-error.ts'
import { readKey, readMicroOps, stripColon } from './micro-op-reader.ts'
import { shown } from './shown.ts'
import type { Key, Op, OpError, OpType, Process } from './op.ts'

type Raw = Readonly<Record<string, unknown>>

const types: ReadonlyMap<unknown, OpType> = new Map(
  (['invoke', 'ok', 'fail', 'info'] as const).flatMap(type => [[type, type], [`:${type}`, type]] as const),
)

function readType(raw: Raw, line: number): OpType {
  const given = raw['type']
  const type = types.get(given)
  if (type !== undefined) return type
  if (given === undefined) throw new HistoryError(line, 'the op has no "type"')
  throw new HistoryError(line, `"type" must be invoke, ok, fail or info, not ${shown(given)}`)
}

function readF(raw: Raw, line: number): string {
  const given = raw['f']
  if (typeof given === 'string' && stripColon(given) !== '') return stripColon(given)
  if (given === undefined) throw new HistoryError(line, 'the op has no "f"')
  throw new HistoryError(line, `"f" must be the name of an operation, not ${shown(given)}`)
}

function readProcess(raw: Raw, line: number): Process {
  const given = raw['process']
  if (Number.isSafeInteger(given)) return given as number
  if (given === undefined) throw new HistoryError(line, 'the op has no "process"')
  const name = typeof given === 'string' ? stripColon(given) : ''
  if (name === 'nemesis' || name === 'observer' || name === 'harness') return name
  if (/^\d{1,15}$/.test(name)) return Number(name)
  throw new HistoryError(
    line,
    `"process" must be a whole number, "nemesis", "observer" or "harness", not ${shown(given)}`,
  )
}

function readIndex(raw: Raw, next: number, line: number): number {
  const given = raw['index']
  if (given === undefined || given === null) return next
  if (!Number.isSafeInteger(given)) {
    throw new HistoryError(line, `"index" must be a whole number, not ${shown(given)}`)
  }
  if ((given as number) >= next) return given as number
  throw new HistoryError(line, `"index" ${String(given)} comes after index ${next - 1}: ops must be in order`)
}

function readTime(raw: Raw, line: number): number | null {
  const given = raw['time']
  if (given === undefined || given === null) return null
  if (typeof given === 'number') return given
  throw new HistoryError(line, `"time" must be a number of nanoseconds or null, not ${shown(given)}`)
}

function textOf(given: unknown): string {
  return typeof given === 'string' ? stripColon(given) : shown(given)
}

/** An error in our form, or the best that can be made of a foreign one. */
function readError(given: unknown, type: OpType): OpError {
  if (Array.isArray(given)) {
    const [code, ...rest] = given as unknown[]
    const message = rest.length > 0 && { message: rest.map(textOf).join(' ') }
    return { code: textOf(code), definite: type === 'fail', ...message }
  }
  if (typeof given !== 'object' || given === null) return { code: textOf(given), definite: type === 'fail' }
  const { code, definite, message } = given as Raw
  if (code === undefined) return { code: 'UNKNOWN', definite: type === 'fail', message: textOf(given) }
  return {
    code: textOf(code),
    definite: typeof definite === 'boolean' ? definite : type === 'fail',
    ...(message !== undefined && message !== null && { message: textOf(message) }),
  }
}

/** Ours: a list of keys. Jepsen's `rebalance-log`: a list of events with `keys`. */
function readRebalanced(raw: Raw, line: number): readonly Key[] | undefined {
  const own = raw['rebalanced']
  if (Array.isArray(own)) return own.map(key => readKey(key, line))
  const log = raw['rebalance-log']
  if (!Array.isArray(log)) return undefined
  const keys = log.flatMap(event => ((event as Raw | null)?.['keys'] as unknown[] | undefined) ?? [])
  return [...new Set(keys.map(key => readKey(key, line)))]
}

function readValueOf(raw: Raw, f: string, line: number): unknown {
  const given = raw['value']
  if (f === 'send' || f === 'poll' || f === 'txn') return readMicroOps(given, line)
  if ((f !== 'assign' && f !== 'subscribe') || given === null || given === undefined) return given ?? null
  const keys = Array.isArray(given) ? given : (given as Raw)['keys']
  if (!Array.isArray(keys)) throw new HistoryError(line, `the value of ${f} must be a list of keys`)
  for (const key of keys) readKey(key, line)
  return given
}

/** One op. `next` is the index it gets when it has none, and the smallest it may have. */
export function readOp(raw: unknown, next: number, line: number): Op {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new HistoryError(line, 'an op must be a JSON object')
  }
  const given = raw as Raw
  const type = readType(given, line)
  const f = readF(given, line)
  const op: { -readonly [field in keyof Op]: Op[field] } = {
    index: readIndex(given, next, line),
    time: readTime(given, line),
    process: readProcess(given, line),
    type,
    f,
    value: readValueOf(given, f, line),
  }
  if (type === 'invoke' && op.value === null && (f === 'send' || f === 'txn')) {
    throw new HistoryError(line, `the invocation of a ${f} must say what it asks, but has no value`)
  }
  if (op.process === 'harness' && f === 'config') checkConfig(op.value, line)
  const { client, error, attempts, node } = given
  if (typeof client === 'string') op.client = stripColon(client)
  else if (typeof client === 'number') op.client = String(client)
  if (error !== undefined && error !== null) op.error = readError(error, type)
  if (typeof attempts === 'number') op.attempts = attempts
  if (typeof node === 'string' || typeof node === 'number') op.node = node
  const rebalanced = readRebalanced(given, line)
  if (rebalanced !== undefined) op.rebalanced = rebalanced
  return op
}
