import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Facts } from '../../nemesis/control.ts'
import { BrokerProcess } from './broker-process.ts'
import { referenceBroker } from './broker-recipe.ts'

let directory: string
let unexpected: string[]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tribunal-broker-'))
  unexpected = []
})
afterEach(() => {
  delete process.env['KAFKA_NODE_ID']
  rmSync(directory, { recursive: true, force: true })
})

/** What is seen of a broker that runs this script, once it has bound listener A or ended. */
async function started(script: string): Promise<Facts> {
  const broker = new BrokerProcess({
    id: 1,
    command: [process.execPath, '-e', script],
    environment: { OURS: 'given' },
    logFile: join(directory, 'log'),
    listeners: ['A'],
    startedBy: ['A'],
    boundBy: (line) => referenceBroker([]).boundBy(line, () => undefined),
    onUnexpectedExit: (_id, how) => unexpected.push(how),
  })
  const facts = await new Promise<Facts>((done) => broker.start(done))
  await new Promise<Facts>((done) => broker.kill(done))
  broker.closeLog()
  return facts
}

it('a broker is not told the settings that our environment holds for another', async () => {
  process.env['KAFKA_NODE_ID'] = '77'
  const file = JSON.stringify(join(directory, 'environment.json'))
  const facts = await started(
    `require('fs').writeFileSync(${file}, JSON.stringify(process.env)); console.log('listening A 127.0.0.1:1'); setInterval(() => {}, 1e6)`,
  )
  expect(facts['failed']).toBeUndefined()
  const environment = JSON.parse(readFileSync(join(directory, 'environment.json'), 'utf8')) as NodeJS.ProcessEnv
  expect(environment).toMatchObject({ OURS: 'given', PATH: process.env['PATH'] })
  expect(Object.keys(environment).filter((name) => name.startsWith('KAFKA_'))).toEqual([])
})

it('a broker that ends by itself is unexpected, with what it said', async () => {
  expect((await started(`console.error('No more.'); process.exitCode = 3`))['failed']).toBe('No more')
  expect(unexpected).toEqual(['ended with 3: No more'])
})

it('a broker that is interrupted before it has begun is nobody\'s failure', async () => {
  expect((await started(`process.kill(process.pid, 'SIGINT')`))['failed']).toBe('ended with SIGINT')
  expect(unexpected).toEqual([])
})
