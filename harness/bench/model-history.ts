/** A history without anomalies, of any size: two producers, two consumers that read everything, sixteen partitions. */
import type { Op, OpType, PolledRecord, Process } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'

const partitions = 16
const recordsPerPoll = 100

/** `records` counts each send, and each record polled. */
export function modelHistory(sends: number): { readonly ops: readonly Op[]; readonly records: number } {
  const ops: Op[] = []
  const add = (process: Process, type: OpType, f: string, value: unknown): void => {
    const client = typeof process === 'number' ? { client: `client-${process}` } : {}
    ops.push({ index: ops.length, time: ops.length * 1000, process, type, f, value, ...client })
  }
  const logs = Array.from({ length: partitions }, (): PolledRecord[] => [])
  const key = (partition: number): string => `model-${partition}`
  const keys = logs.map((_, partition) => key(partition))
  add('harness', 'info', 'config', { acks: -1, idempotence: true })
  for (const process of [2, 3]) {
    add(process, 'invoke', 'assign', keys)
    add(process, 'ok', 'assign', keys)
  }
  const poll = (partition: number, from: number): void => {
    const records = logs[partition]!.slice(from)
    for (const process of [2, 3]) {
      add(process, 'invoke', 'poll', [{ f: 'poll' }])
      add(process, 'ok', 'poll', [{ f: 'poll', polled: [[key(partition), records]] }])
    }
  }
  for (let n = 0; n < sends; n++) {
    const process = n % 2
    const partition = Math.floor(n / 2) % partitions
    const log = logs[partition]!
    const value = makeValue(process, n)
    const send = { f: 'send', key: key(partition), value }
    add(process, 'invoke', 'send', [send])
    add(process, 'ok', 'send', [{ ...send, offset: log.length }])
    log.push([log.length, value])
    if (log.length % recordsPerPoll === 0) poll(partition, log.length - recordsPerPoll)
  }
  for (const [partition, log] of logs.entries()) {
    if (log.length % recordsPerPoll > 0) poll(partition, log.length - (log.length % recordsPerPoll))
  }
  return { ops, records: sends * 3 }
}
