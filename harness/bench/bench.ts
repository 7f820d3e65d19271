/** `npm run bench`: the figures that matter, each with how it was measured, and the machine beside them. */
import { cpus, totalmem } from 'node:os'
import { brokerFigures } from './broker-process.ts'
import { checkerFigures } from './checkers.ts'
import { gatewayFigures } from './gateway.ts'
import { sendLatencyFigures } from './send-latency.ts'
import { simulatorFigures } from './simulator.ts'

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What the project asks of it. */
  readonly goal: string
  readonly how: string
}

export async function bench(json: boolean): Promise<void> {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  }
  const onProcesses = [...(await brokerFigures()), ...(await sendLatencyFigures()), ...(await gatewayFigures())]
  const figures = [...simulatorFigures(), ...checkerFigures(), ...onProcesses]
  if (json) return void process.stdout.write(`${JSON.stringify({ machine, figures }, null, 2)}\n`)
  process.stdout.write(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${machine.node}\n\n`)
  for (const { name, value, unit, goal, how } of figures) {
    process.stdout.write(`${name}: ${value.toLocaleString('en')} ${unit} (${goal})\n    ${how}\n`)
  }
  return undefined
}
