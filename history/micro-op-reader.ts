/**
 * Reads the value of `send`, `poll` and `txn` ops, in our form or in Jepsen's (`["send", k, v]`, `["send",
 * k, [o, v]]`, `["poll", {k: [[o, v], …]}]`). What is already in our form is checked and kept as it is, not
 * copied.
 */
import { HistoryError } from './history-error.ts'
import { shown } from './shown.ts'
import type { Key, MicroOp, OffsetsMicroOp, Polled, PolledRecord, SendMicroOp, Value } from './op.ts'

const unknownOffset = -1

export function stripColon(text: string): string {
  return text.startsWith(':') ? text.slice(1) : text
}

function readName(given: unknown, what: string, line: number): Key {
  if (typeof given === 'string' || Number.isSafeInteger(given)) return given as Key
  throw new HistoryError(line, `a ${what} must be a string or a whole number below 2^53, not ${shown(given)}`)
}

export function readKey(given: unknown, line: number): Key {
  return readName(given, 'key', line)
}

function readValue(given: unknown, line: number): Value {
  return readName(given, "record's value", line)
}

function readOffset(given: unknown, line: number): number {
  if (given === null || given === undefined) return unknownOffset
  if (Number.isSafeInteger(given) && (given as number) >= unknownOffset) return given as number
  const sentence = `an offset must be a whole number from 0 to 2^53 - 1, or null, not ${shown(given)}`
  throw new HistoryError(line, sentence)
}

/** A leaderEpoch (32 bits in Kafka), or none. */
function isEpoch(given: unknown): boolean {
  return given === undefined || (Number.isInteger(given) && (given as number) >= 0 && (given as number) < 2 ** 31)
}

/** Checks one record in place; a null offset becomes -1, and null in the place of what it says of itself is nothing. */
function readRecord(given: unknown, line: number): PolledRecord {
  if (!Array.isArray(given) || given.length < 2) {
    throw new HistoryError(line, `a polled record must be [offset, value], not ${shown(given)}`)
  }
  readValue(given[1], line)
  given[0] = readOffset(given[0], line)
  if (given[2] === null) given.length = 2
  return given as unknown as PolledRecord
}

function readRecords(given: unknown, line: number): readonly PolledRecord[] {
  if (!Array.isArray(given)) throw new HistoryError(line, `polled records must be a list, not ${shown(given)}`)
  for (const record of given) readRecord(record, line)
  return given as PolledRecord[]
}

/** JSON turns a map's integer keys into strings: they are turned back. */
function keyOfName(name: string): Key {
  const number = Number(name)
  return /^(0|-?[1-9]\d*)$/.test(name) && Number.isSafeInteger(number) ? number : stripColon(name)
}

function readPolled(given: unknown, line: number): readonly Polled[] {
  if (Array.isArray(given)) {
    for (const entry of given) {
      if (!Array.isArray(entry) || entry.length < 2 || !isEpoch(entry[2])) {
        throw new HistoryError(line, `"polled" must list [key, records], not ${shown(entry)}`)
      }
      readKey(entry[0], line)
      readRecords(entry[1], line)
    }
    return given as Polled[]
  }
  if (typeof given === 'object' && given !== null) {
    return Object.entries(given).map(([name, records]) => [keyOfName(name), readRecords(records, line)])
  }
  throw new HistoryError(line, `"polled" must be a list of [key, records], not ${shown(given)}`)
}

function readTuple(tuple: readonly unknown[], line: number): MicroOp {
  const [name, second, third] = tuple
  const f = typeof name === 'string' ? stripColon(name) : name
  if (f === 'poll') {
    return second === undefined || second === null ? { f } : { f, polled: readPolled(second, line) }
  }
  if (f !== 'send') throw new HistoryError(line, `a micro-op must be a send or a poll, not ${shown(tuple)}`)
  const key = readKey(second, line)
  if (!Array.isArray(third)) return { f, key, value: readValue(third, line) }
  const offset = readOffset(third[0], line)
  return withOffset({ f, key, value: readValue(third[1], line) }, offset)
}

function withOffset(send: SendMicroOp, offset: number): SendMicroOp {
  return offset === unknownOffset ? send : { ...send, offset }
}

function readOffsets(given: object, line: number): OffsetsMicroOp {
  const { group, offsets } = given as Record<string, unknown>
  if (typeof group !== 'string') throw new HistoryError(line, `"group" must be a string, not ${shown(group)}`)
  if (!Array.isArray(offsets)) throw new HistoryError(line, `"offsets" must list [key, offset], not ${shown(offsets)}`)
  for (const entry of offsets) {
    if (!Array.isArray(entry) || entry.length !== 2) {
      throw new HistoryError(line, `"offsets" must list [key, offset], not ${shown(entry)}`)
    }
    readKey(entry[0], line)
    entry[1] = readOffset(entry[1], line)
  }
  return given as OffsetsMicroOp
}

function readMicroOp(given: unknown, line: number): MicroOp {
  if (Array.isArray(given)) return readTuple(given, line)
  if (typeof given !== 'object' || given === null) {
    throw new HistoryError(line, `a micro-op must be an object or a tuple, not ${shown(given)}`)
  }
  const { f, key, value, offset, polled } = given as Record<string, unknown>
  if (f === 'send') {
    readKey(key, line)
    readValue(value, line)
    const known = readOffset(offset, line)
    if (offset === undefined || known !== unknownOffset) return given as SendMicroOp
    return { f, key: key as Key, value: value as Value }
  }
  if (f === 'offsets') return readOffsets(given, line)
  if (f !== 'poll') throw new HistoryError(line, `a micro-op must be a send or a poll, not ${shown(given)}`)
  if (polled === undefined) return given as MicroOp
  if (polled === null) return { f }
  const checked = readPolled(polled, line)
  return checked === polled ? (given as MicroOp) : { f, polled: checked }
}

/**
 * The micro-ops of one op. `given` may be null where nothing is lost by it: a completion without results,
 * or the invocation of a poll.
 */
export function readMicroOps(given: unknown, line: number): readonly MicroOp[] | null {
  if (given === null || given === undefined) return null
  if (!Array.isArray(given)) {
    throw new HistoryError(line, `the value must be a list of micro-ops, not ${shown(given)}`)
  }
  for (let at = 0; at < given.length; at++) given[at] = readMicroOp(given[at], line)
  return given as MicroOp[]
}
