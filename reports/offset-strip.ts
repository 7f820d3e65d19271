/** The stretch of a partition around the offsets of a finding: what was acknowledged and what was read there. */
import type { Finding } from '../checkers/verdict.ts'
import type { Key, Op, Ops } from '../history/op.ts'
import { microOps, polledBy } from './op-value.ts'

export interface StripCell {
  readonly offset: number
  /** Distinct values of ok sends. */
  readonly acknowledged: readonly string[]
  /** Distinct values that polls returned, whatever became of the poll. */
  readonly read: readonly string[]
  /** True for the offsets that the finding names. */
  readonly named: boolean
  /** True when offsets between this and the cell before it are left out. */
  readonly afterGap: boolean
}

interface Cell {
  readonly acknowledged: Set<string>
  readonly read: Set<string>
}

/** Cells by offset, by key; only the cells that some strip shows. */
type Sheet = Map<string, Map<number, Cell>>

const reach = 4
const mostNamed = 4
const mostValues = 3
const mostCharacters = 24

/** One strip for each finding that names a key and offsets, in one pass over the ops. */
export function offsetStrips(ops: Ops, findings: readonly Finding[]): Map<Finding, readonly StripCell[]> {
  const sheet: Sheet = new Map()
  const placed = findings.filter((finding) => finding.key !== undefined && namedOffsets(finding).length > 0)
  for (const finding of placed) reserve(sheet, finding)
  if (placed.length > 0) for (const op of ops) if (op.type !== 'invoke') fill(sheet, op)
  return new Map(placed.map((finding) => [finding, stripOf(sheet, finding)]))
}

function namedOffsets(finding: Finding): number[] {
  const real = (finding.offsets ?? []).filter((offset) => Number.isSafeInteger(offset) && offset >= 0)
  return [...new Set(real)].slice(0, mostNamed).sort((a, b) => a - b)
}

function shownOffsets(finding: Finding): number[] {
  const shown = new Set<number>()
  for (const offset of namedOffsets(finding)) {
    for (let at = Math.max(0, offset - reach); at <= offset + reach; at++) shown.add(at)
  }
  return [...shown].sort((a, b) => a - b)
}

function reserve(sheet: Sheet, finding: Finding): void {
  const key = String(finding.key)
  const cells = sheet.get(key) ?? new Map<number, Cell>()
  sheet.set(key, cells)
  for (const offset of shownOffsets(finding)) {
    if (!cells.has(offset)) cells.set(offset, { acknowledged: new Set(), read: new Set() })
  }
}

function fill(sheet: Sheet, op: Op): void {
  for (const micro of microOps(op)) {
    if (micro.f === 'send') {
      const offset = op.type === 'ok' ? micro.offset : undefined
      if (offset !== undefined) put(cellAt(sheet, micro.key, offset)?.acknowledged, micro.value)
      continue
    }
    for (const [key, records] of polledBy(micro)) {
      if (!sheet.has(String(key))) continue
      for (const [offset, value] of records) put(cellAt(sheet, key, offset)?.read, value)
    }
  }
}

function cellAt(sheet: Sheet, key: Key, offset: number): Cell | undefined {
  return sheet.get(String(key))?.get(offset)
}

function put(values: Set<string> | undefined, value: unknown): void {
  if (values === undefined || values.size >= mostValues) return
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '?'
  values.add(text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text)
}

function stripOf(sheet: Sheet, finding: Finding): StripCell[] {
  const named = new Set(namedOffsets(finding))
  const cells = sheet.get(String(finding.key))!
  return shownOffsets(finding).map((offset, at, all) => ({
    offset,
    acknowledged: [...cells.get(offset)!.acknowledged],
    read: [...cells.get(offset)!.read],
    named: named.has(offset),
    afterGap: at > 0 && all[at - 1] !== offset - 1,
  }))
}
