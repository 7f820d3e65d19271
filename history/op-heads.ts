/**
 * What ops say beside when they happened, by which process, and what they carried: the same few things again and again,
 * each kept once under a small number.
 */
import type { Op, OpError } from './op.ts'

/** Without `error`, whose objects may differ and say the same. */
const plainFields = ['type', 'f', 'client', 'attempts', 'node'] as const

const lastKept = 4096

export type OpHead = Pick<Op, 'type' | 'f' | 'client' | 'error' | 'attempts' | 'node'>

function isSame(one: OpHead, other: OpHead): boolean {
  for (const field of plainFields) if (one[field] !== other[field]) return false
  return one.error === undefined && other.error === undefined
}

function headOf({ type, f, client, error, attempts, node }: OpHead): OpHead {
  return {
    type,
    f,
    ...(client !== undefined && { client }),
    ...(error !== undefined && { error: JSON.parse(JSON.stringify(error)) as OpError }),
    ...(attempts !== undefined && { attempts }),
    ...(node !== undefined && { node }),
  }
}

export class OpHeads {
  readonly #heads: OpHead[] = []
  readonly #codes = new Map<string, number>()
  /** By type and process, for processes of small numbers: what it said last. */
  readonly #last: Record<Op['type'], number[]> = { invoke: [], ok: [], fail: [], info: [] }

  codeOf(op: OpHead, process: number): number {
    const last = this.#last[op.type]
    const known = process < lastKept ? last[process] : undefined
    if (known !== undefined && isSame(this.#heads[known]!, op)) return known
    const code = this.#find(op)
    if (process < lastKept) last[process] = code
    return code
  }

  headOf(code: number): OpHead {
    return this.#heads[code]!
  }

  #find(op: OpHead): number {
    const words = JSON.stringify([op.type, op.f, op.client, op.error, op.attempts, op.node])
    let code = this.#codes.get(words)
    if (code === undefined) this.#codes.set(words, (code = this.#heads.push(headOf(op)) - 1))
    return code
  }
}
