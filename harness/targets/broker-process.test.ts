import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { BrokerProcess } from './broker-process.ts'

it('a broker is not told the settings that our environment holds for another', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tribunal-broker-'))
  process.env['KAFKA_NODE_ID'] = '77'
  onTestFinished(() => {
    delete process.env['KAFKA_NODE_ID']
    rmSync(directory, { recursive: true, force: true })
  })
  const file = join(directory, 'environment.json')
  const script = `require('fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.env)); console.log('listening A 127.0.0.1:1')`
  const broker = new BrokerProcess({
    id: 1,
    command: [process.execPath, '-e', script],
    environment: { OURS: 'given' },
    logFile: join(directory, 'log'),
    listeners: ['A'],
    onUnexpectedExit: () => undefined,
  })
  const facts = await new Promise<Record<string, unknown>>((done) => broker.start(done))
  expect(facts['failed']).toBeUndefined()
  const environment = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ProcessEnv
  expect(environment).toMatchObject({ OURS: 'given', PATH: process.env['PATH'] })
  expect(Object.keys(environment).filter((name) => name.startsWith('KAFKA_'))).toEqual([])
  broker.closeLog()
})
