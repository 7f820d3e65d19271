/**
 * What our workloads write: `<producer>-<sequence>-<checksum>`. The value says who sent it and in which
 * order, and a record altered on its way is told apart from one that nobody sent.
 */
import type { Value } from './op.ts'

const form = /^(.+-\d+)-([0-9a-f]{8})$/

/**
 * FNV-1a, 32 bits, over UTF-16 code units, as 8 hexadecimal digits. One changed character always changes
 * it.
 */
function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** The value of a producer's `sequence`-th record. */
export function makeValue(producer: string | number, sequence: number): string {
  const body = `${producer}-${sequence}`
  return `${body}-${checksum(body)}`
}

/** Whether the checksum fits; undefined when the value is not of our form. */
export function checkValue(value: Value): boolean | undefined {
  const parts = typeof value === 'string' ? form.exec(value) : null
  return parts === null ? undefined : checksum(parts[1]!) === parts[2]
}
