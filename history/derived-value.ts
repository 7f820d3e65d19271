/**
 * Values of records that were made from another one, by a pipeline or on the way to a dead-letter topic:
 * `<inputKey>@<inputOffset>#<producer>-<sequence>-<checksum>`. The value says what it was made from, so that each input can be
 * matched with its effects; the checksum covers all before it, and `checkValue` checks it as that of any value of ours.
 */
import type { Key, Value } from './op.ts'
import { makeValue } from './value-checksum.ts'

export interface DerivedFrom {
  readonly key: string
  readonly offset: number
}

const form = /^([^@#]+)@(\d+)#.+-\d+-[0-9a-f]{8}$/

/** A producer that makes a record from the same input once more counts on: values stay unique. */
export function derivedValue(from: { readonly key: Key; readonly offset: number }, producer: string | number, sequence: number): string {
  return makeValue(`${from.key}@${from.offset}#${producer}`, sequence)
}

/** What a value was made from; undefined when it was not made from another. The checksum is not looked at. */
export function derivedFrom(value: Value): DerivedFrom | undefined {
  const parts = typeof value === 'string' ? form.exec(value) : null
  return parts === null ? undefined : { key: parts[1]!, offset: Number(parts[2]) }
}
