/** A process of its own: checks a long history as `check` does, and prints its figures as JSON. Argument: how many sends. */
import { judge } from '../../checkers/judge.ts'
import { PackedOps } from '../../history/packed-ops.ts'
import { keepYoungGenerationSmall } from '../young-generation.ts'
import { writeModelHistory } from './model-history.ts'

keepYoungGenerationSmall()
const ops = new PackedOps()
writeModelHistory(Number(process.argv[2]), ops)
const startMs = performance.now()
const { valid } = judge(ops)
const judgeMs = performance.now() - startMs
process.stdout.write(JSON.stringify({ valid, ops: ops.length, judgeMs, peakBytes: process.resourceUsage().maxRSS * 1024 }))
