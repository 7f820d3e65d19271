/**
 * What our workloads write: `<producer>-<sequence>-<checksum>`. The value says who sent it and in which
 * order, and a record altered on its way is told apart from one that nobody sent.
 */
import type { Value } from './op.ts'

const zero = 48
const letterA = 97
const form = /^(.+-\d+)-([0-9a-f]{8})$/

/** FNV-1a, 32 bits, over the UTF-16 code units before `end`. One changed character always changes it. */
function hashOf(text: string, end: number): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}

/** As 8 hexadecimal digits. */
function checksum(text: string): string {
  return (hashOf(text, text.length) >>> 0).toString(16).padStart(8, '0')
}

/** The value of a producer's `sequence`-th record. */
export function makeValue(producer: string | number, sequence: number): string {
  const body = `${producer}-${sequence}`
  return `${body}-${checksum(body)}`
}

/** Whether the checksum of what stands before the dash at `end` stands behind it, to the end of the text. */
export function isChecked(text: string, end: number): boolean {
  const hash = hashOf(text, end)
  for (let digit = 0; digit < 8; digit++) {
    const nibble = (hash >>> (28 - 4 * digit)) & 0xf
    if (text.charCodeAt(end + 1 + digit) !== (nibble < 10 ? zero + nibble : letterA + nibble - 10)) return false
  }
  return text.length === end + 9
}

/** Whether the checksum fits; undefined when the value is not of our form. */
export function checkValue(value: Value): boolean | undefined {
  const parts = typeof value === 'string' ? form.exec(value) : null
  return parts === null ? undefined : checksum(parts[1]!) === parts[2]
}
