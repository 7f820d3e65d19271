/**
 * Values of a bank: `<producer>-<sequence>-<checksum>#<signed amount>`, what one record adds to its account. A transfer is
 * a transaction of two records whose amounts cancel out, so whoever sees whole transactions sees a sum of 0.
 */
import type { Value } from './op.ts'
import { makeValue } from './value-checksum.ts'

const form = /#([+-]\d+)$/

/** `amount` is a whole number. */
export function transferValue(producer: string | number, sequence: number, amount: number): string {
  return `${makeValue(producer, sequence)}#${amount < 0 ? '' : '+'}${amount}`
}

/** undefined when the value is no part of a transfer. */
export function transferAmount(value: Value): number | undefined {
  const parts = typeof value === 'string' ? form.exec(value) : null
  return parts === null ? undefined : Number(parts[1])
}
