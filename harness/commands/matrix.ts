import type { Command } from 'commander'
import { exitCodes, UserError } from '../exit-codes.ts'
import { huntOnProcesses, huntSimulated, type Hunted, type HuntOptions } from '../hunt.ts'
import { onInterrupt } from '../interrupt.ts'
import { defects, requireDefect, requireDefects } from '../planted-defects.ts'
import { durationOption, parseCount, parseRate, parseSeed } from './arguments.ts'

interface MatrixFlags {
  readonly target: string
  readonly defect?: readonly string[]
  readonly tries?: number
  readonly seeds?: number
  readonly seed: number
  readonly time: number
  readonly rate: number
}

type Place = 'simulated' | 'processes'

/** A seed takes a second or so in the simulator and half a minute on processes, where the scenario is made for the defect. */
const defaults: Readonly<Record<Place, { readonly tries: number; readonly seeds: number }>> = {
  simulated: { tries: 5, seeds: 50 },
  processes: { tries: 1, seeds: 3 },
}

const places: readonly Place[] = ['simulated', 'processes']

/** The median of the tries must not be above. */
const seedsTakenMax = 50

export function addMatrix(program: Command): void {
  program
    .command('matrix')
    .description('the kill matrix: how many seeds it takes to convict each planted defect')
    .option('--target <name>', `where: ${places.join(' or ')}`, 'simulated')
    .option('--defect <name...>', 'only these')
    .option('--tries <n>', 'how often each is hunted, each time from other seeds (default: 5; 1 on processes)', parseCount)
    .option('--seeds <n>', 'seeds a try may take (default: 50; 3 on processes)', parseCount)
    .option('--seed <n>', 'the first seed', parseSeed, 1)
    .addOption(durationOption('--time <duration>', 'how long faults go on, on processes', '10s'))
    .option('--rate <n>', 'records a second offered, on processes', parseRate, 300)
    .action(async (flags: MatrixFlags) => {
      process.exitCode = await matrix(flags)
    })
}

async function matrix(flags: MatrixFlags): Promise<number> {
  const target = places.find((name) => name === flags.target)
  if (target === undefined) throw new UserError(`--target ${flags.target} is not one of ${places.join(', ')}.`)
  const print = (text: string): void => void process.stdout.write(text)
  const names = chosen(target, flags.defect)
  const { signal, restore } = onInterrupt(print)
  let missed = 0
  for (const name of names) {
    const hunts = await tried(name, target, { flags, signal })
    if (signal.aborted) break
    print(`${rowOf(name, target, hunts)}\n`)
    if (!(median(hunts) <= seedsTakenMax)) missed++
  }
  restore()
  if (signal.aborted) return exitCodes.unknown
  print(`${names.length - missed} of ${names.length} defects convicted by name\n`)
  return missed > 0 ? exitCodes.invalid : exitCodes.valid
}

function chosen(target: Place, asked: readonly string[] | undefined): readonly string[] {
  requireDefects()
  asked?.forEach(requireDefect)
  const able = Object.keys(defects).filter((name) => target === 'simulated' || defects[name]!.onProcesses !== undefined)
  const unable = asked?.find((name) => !able.includes(name))
  if (unable !== undefined) throw new UserError(`No scenario convicts ${unable} on ${target}; these can be: ${able.join(', ')}.`)
  return asked ?? able
}

async function tried(
  name: string,
  target: Place,
  { flags, signal }: { readonly flags: MatrixFlags; readonly signal: AbortSignal },
): Promise<Hunted[]> {
  const { tries = defaults[target].tries, seeds = defaults[target].seeds, seed, time: faultsMs, rate: recordsPerSecond } = flags
  const hunts: Hunted[] = []
  for (let attempt = 0; attempt < tries && !signal.aborted; attempt++) {
    const options: HuntOptions = { firstSeed: seed + attempt * seeds, seeds, signal }
    const hunt = target === 'simulated' ? huntSimulated(name, options) : huntOnProcesses(name, { ...options, faultsMs, recordsPerSecond })
    hunts.push(await hunt)
  }
  return hunts
}

function seedsTaken(hunts: readonly Hunted[]): number[] {
  return hunts.map((hunt) => hunt.seedsTaken).sort((a, b) => a - b)
}

function median(hunts: readonly Hunted[]): number {
  return seedsTaken(hunts)[Math.floor(hunts.length / 2)]!
}

function rowOf(name: string, target: Place, hunts: readonly Hunted[]): string {
  const convicted = hunts.filter(({ anomalies }) => anomalies.length > 0).length
  const anomalies = [...new Set(hunts.flatMap((hunt) => hunt.anomalies))]
  const where = target === 'simulated' ? '' : ` by ${defects[name]!.onProcesses}`
  const taken = seedsTaken(hunts).map((count) => (count === Infinity ? '-' : count))
  const middle = median(hunts)
  return `${name}: convicted${where} in ${convicted} of ${hunts.length} tries, seeds taken ${taken.join(' ')} (median ${middle === Infinity ? '-' : middle}); ${anomalies.join(', ')}`
}
