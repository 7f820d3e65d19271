/** How fast a history is judged from memory, transactions too, how fast one is read, and how much memory a long one takes. */
import { execFileSync } from 'node:child_process'
import { judge } from '../../checkers/judge.ts'
import { HistoryReader, renderOp } from '../../history/jsonl.ts'
import type { Op } from '../../history/op.ts'
import { scriptBeside } from '../checkout.ts'
import type { Figure } from './bench.ts'
import { recordsPerSend, writeModelHistory } from './model-history.ts'

const sends = 300_000
const manySends = 3_333_334
const transactions = 1_000_000

export function checkerFigures(): Figure[] {
  const ops: Op[] = []
  writeModelHistory(sends, ops)
  const records = sends * recordsPerSend
  const judgeMs = best(() => {
    if (judge(ops).valid !== true) throw new Error('the model history must be valid')
  })
  const lines = ops.map(renderOp)
  const readMs = best(() => {
    const reader = new HistoryReader()
    for (const line of lines) reader.add(line)
  })
  return [
    {
      name: 'checkers',
      value: Math.round(records / (judgeMs / 1000)),
      unit: 'records a second a core',
      goal: 'at least 1,000,000, aim 10,000,000',
      how: `all checkers over ${records.toLocaleString('en')} records (sent or polled), best of three, from memory`,
    },
    {
      name: 'history lines',
      value: Math.round(lines.length / (readMs / 1000)),
      unit: 'lines of JSON read a second a core',
      goal: 'no goal yet',
      how: `the ${lines.length.toLocaleString('en')} ops of the same history, best of three, from memory`,
    },
    memoryFigure(),
    transactionsFigure(),
  ]
}

function transactionsFigure(): Figure {
  const script = scriptBeside(import.meta, 'checker-transactions')
  const told = execFileSync(process.execPath, [script, String(transactions)], { encoding: 'utf8' })
  const { valid, found, ops, cyclesMs, judgeMs } = JSON.parse(told) as Record<'valid' | 'found' | 'ops' | 'cyclesMs' | 'judgeMs', number>
  if ((valid as unknown) !== true || found === 0) throw new Error('the model history must be valid, and have lawful cycles')
  const size = `${transactions.toLocaleString('en')} transactions in ${ops.toLocaleString('en')} ops`
  return {
    name: 'cycles of transactions',
    value: Math.round(cyclesMs) / 1000,
    unit: 's for all searches',
    goal: 'under 10',
    how: `order graph, G0 and G1c over ${size}; judging it whole takes ${(judgeMs / 1000).toFixed(1)} s`,
  }
}

function memoryFigure(): Figure {
  const script = scriptBeside(import.meta, 'checker-memory')
  const told = execFileSync(process.execPath, [script, String(manySends)], { encoding: 'utf8' })
  const { valid, ops, judgeMs, peakBytes } = JSON.parse(told) as Record<'valid' | 'ops' | 'judgeMs' | 'peakBytes', number>
  if ((valid as unknown) !== true) throw new Error('the model history must be valid')
  const records = (manySends * recordsPerSend).toLocaleString('en')
  return {
    name: 'checker memory',
    value: Math.round(peakBytes / 1e6),
    unit: 'MB at the peak, of the whole process',
    goal: 'at most 1,000',
    how: `${records} records in ${ops.toLocaleString('en')} ops, kept as bytes and judged in ${(judgeMs / 1000).toFixed(1)} s`,
  }
}

/** Milliseconds. */
function best(run: () => void): number {
  const times = [1, 2, 3].map(() => {
    const startMs = performance.now()
    run()
    return performance.now() - startMs
  })
  return Math.min(...times)
}
