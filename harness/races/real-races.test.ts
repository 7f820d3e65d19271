/** Races on real brokers, by the commands a person would type: the sound one passes, and who has the bug is convicted every time. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Verdict } from '../../checkers/verdict.ts'
import { attach } from '../external/attach.ts'
import { parseBootstrap } from '../external/bootstrap.ts'
import { quietPorts } from '../targets/free-ports.ts'
import { isKafkaMissing } from '../testing/optional-tool.testing.ts'
import { Workplace } from '../testing/started-command.testing.ts'

let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.close())

async function verdictOf(...argv: readonly string[]): Promise<Verdict> {
  const { stdout, stderr } = await place.start('verify', ...argv, '--seed', '1', '--json', '--out', place.path('run')).ended
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Verdict
}

function shown({ scenarios }: Verdict): unknown[] {
  return scenarios.map(({ name, target, valid, reasons }) => ({ name, target, valid, reasons }))
}

it('three brokers of ours pass, one that dies among them', async () => {
  const names = ['late-end-txn', 'hanging-transaction', 'leader-moves-before-ack']
  const verdict = await verdictOf('--target', 'processes', '--scenario', ...names)
  expect(shown(verdict)).toEqual(names.map((name) => ({ name, target: 'processes', valid: true, reasons: [] })))
}, 120_000)

it('a planted bug is convicted on processes, and so is the protocol where version 1 is finalized', async () => {
  const planted = await verdictOf('--target', 'processes', '--scenario', 'lost-end-ack', '--defect', 'refuse-repeated-end')
  expect(planted.scenarios[0]!.findings.map(({ anomaly }) => anomaly)).toContain('wrong-answer')
  await place.close()
  place = new Workplace()
  const old = await verdictOf('--target', 'processes', '--scenario', 'late-end-txn', '--feature', 'transaction.version=1')
  expect(old.valid).toBe(false)
  expect(new Set(old.scenarios[0]!.findings.map(({ issue }) => issue))).toEqual(new Set(['KAFKA-17754']))
}, 120_000)

it('a cluster of which only the address is known is behind the proxy for its clients, and keeps no topic of it', async () => {
  const [port] = await quietPorts(1)
  const brokers = place.start('broker', '--brokers', '1', '--port', String(port), '--data', place.path('brokers'))
  await vi.waitFor(() => expect(brokers.stdout).toContain('bootstrap.servers='), { timeout: 60_000, interval: 50 })
  const names = ['late-end-txn', 'lost-end-ack']
  const verdict = await verdictOf('--bootstrap', `127.0.0.1:${port}`, '--scenario', ...names, '--topic-prefix', 'mine')
  expect(shown(verdict)).toEqual(names.map((name) => ({ name, target: 'external', valid: true, reasons: [] })))
  const { topics } = await attach(parseBootstrap(`127.0.0.1:${port}`), {})
  expect(topics.filter((name) => name.startsWith('mine'))).toEqual([])
}, 180_000)

describe.skipIf(isKafkaMissing())('apache-kafka', () => {
  it('is acquitted as it is', async () => {
    const names = ['late-end-txn', 'hanging-transaction', 'dropped-produce-ack']
    const verdict = await verdictOf('--broker', 'kafka', '--scenario', ...names)
    expect(shown(verdict)).toEqual(names.map((name) => ({ name, target: 'processes', valid: true, reasons: [] })))
  }, 240_000)

  it('is convicted of what its transactions of version 1 cannot prevent', async () => {
    const verdict = await verdictOf('--broker', 'kafka', '--feature', 'transaction.version=1', '--scenario', 'late-end-txn')
    expect(verdict.valid).toBe(false)
    expect(verdict.scenarios[0]!.findings.map(({ anomaly, issue }) => [anomaly, issue])).toContainEqual(['G1a', 'KAFKA-17754'])
  }, 240_000)
})
