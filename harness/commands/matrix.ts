import type { Command } from 'commander'
import { defects } from '../../reference-broker/defects/registry.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { runSeeds } from '../seed-pool.ts'
import { parseCount, parseSeed } from './arguments.ts'

interface MatrixFlags {
  readonly defect?: readonly string[]
  readonly tries: number
  readonly seeds: number
  readonly seed: number
}

interface Row {
  readonly defect: string
  readonly convicted: number
  readonly tries: number
  /** Seeds it took, sorted; Infinity where it never was. */
  readonly seedsTaken: readonly number[]
  readonly anomalies: readonly string[]
}

export function addMatrix(program: Command): void {
  program
    .command('matrix')
    .description('the kill matrix: how many seeds it takes to convict each planted defect')
    .option('--defect <name...>', 'only these')
    .option('--tries <n>', 'how often each is hunted, each time from other seeds', parseCount, 5)
    .option('--seeds <n>', 'seeds a try may take', parseCount, 200)
    .option('--seed <n>', 'the first seed', parseSeed, 1)
    .action(async (flags: MatrixFlags) => {
      process.exitCode = await matrix(flags)
    })
}

async function matrix(flags: MatrixFlags): Promise<number> {
  const names = flags.defect ?? Object.keys(defects)
  const unknown = names.find((name) => defects[name] === undefined)
  if (unknown !== undefined) throw new UserError(`There is no defect ${unknown}; tribunal list defects names them.`)
  let missed = false
  for (const name of names) {
    const row = await hunt(name, flags)
    missed ||= row.convicted < row.tries
    const median = row.seedsTaken[Math.floor(row.seedsTaken.length / 2)]
    process.stdout.write(
      `${name}: convicted in ${row.convicted} of ${row.tries} tries, seeds taken ${row.seedsTaken.join(' ')} (median ${median}); ` +
        `${row.anomalies.join(', ')}\n`,
    )
  }
  return missed ? exitCodes.invalid : exitCodes.valid
}

async function hunt(name: string, { tries, seeds, seed }: MatrixFlags): Promise<Row> {
  const expected = defects[name]!.anomalies
  const taken: number[] = []
  const anomalies = new Set<string>()
  for (let attempt = 0; attempt < tries; attempt++) {
    const first = seed + attempt * seeds
    let convictedAt = Infinity
    await runSeeds({
      scenario: 'swarm',
      first,
      count: seeds,
      defect: name,
      accept: [],
      until: () => convictedAt < Infinity,
      onResult: ({ seed: ran, judgement }) => {
        const found = judgement.findings.filter(({ allowed, anomaly }) => allowed === undefined && expected.includes(anomaly))
        for (const { anomaly } of found) anomalies.add(anomaly)
        if (found.length > 0) convictedAt = Math.min(convictedAt, ran - first + 1)
      },
    })
    taken.push(convictedAt)
  }
  taken.sort((a, b) => a - b)
  return { defect: name, convicted: taken.filter(Number.isFinite).length, tries, seedsTaken: taken, anomalies: [...anomalies] }
}
