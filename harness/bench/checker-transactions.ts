/** A process of its own: judges a long history of transactions kept as bytes, and prints figures as JSON. Argument: how many. */
import { g0 } from '../../checkers/g0.ts'
import { g1c } from '../../checkers/g1c.ts'
import { buildHistoryIndex } from '../../checkers/history-index.ts'
import { judge } from '../../checkers/judge.ts'
import { PackedOps } from '../../history/packed-ops.ts'
import { writeTransactions } from './transactions-model.ts'

const ops = new PackedOps()
writeTransactions(Number(process.argv[2]), ops)

function timed(run: () => void): number {
  const startMs = performance.now()
  run()
  return performance.now() - startMs
}

const index = buildHistoryIndex(ops)
let found = 0
const cyclesMs = timed(() => {
  for (const checker of [g0, g1c]) found += checker.check(index).findings.length
})
let valid: unknown
const judgeMs = timed(() => {
  valid = judge(ops).valid
})
process.stdout.write(JSON.stringify({ valid, found, ops: ops.length, cyclesMs, judgeMs }))
