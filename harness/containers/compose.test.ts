/** The image by itself, and the compose file with it, as a person uses them from the host. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { root } from '../checkout.ts'
import { isDockerMissing, isMissing } from '../testing/optional-tool.testing.ts'
import { openDocker, type Docker } from './docker.ts'
import { buildReferenceImage, referenceImage } from './images.ts'

const patience = { timeout: 60_000, interval: 500 }
const noDocker = await isDockerMissing()
const compose = composeCommand()
const noCompose = noDocker || isMissing('kcat') || compose === undefined

/** Version 2 is a part of docker, version 1 a program of its own. */
function composeCommand(): readonly string[] | undefined {
  const candidates = [['docker', 'compose'], ['docker-compose']]
  return candidates.find(([program, ...argv]) => spawnSync(program!, [...argv, 'version']).status === 0)
}

function said(program: string, argv: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { cwd: root, encoding: 'utf8', input })
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${error?.message ?? stderr}`)
  return stdout
}

describe.skipIf(noDocker)('docker: the image of the reference broker', () => {
  let docker: Docker

  beforeAll(async () => {
    docker = await openDocker()
    await buildReferenceImage(docker)
  }, 240_000)

  async function output(...Cmd: string[]): Promise<string> {
    const container = await docker.createContainer({ Image: referenceImage, Entrypoint: [], Cmd })
    try {
      await container.start()
      await container.wait()
      return (await container.logs({ stdout: true, stderr: true })).toString()
    } finally {
      await container.remove({ force: true, v: true })
    }
  }

  it('is run by an ordinary user', async () => {
    expect((await docker.getImage(referenceImage).inspect()).Config.User).toBe('node')
    expect(await output('id', '-u')).toContain('1000')
  })

  it('holds no planted defect', async () => {
    expect(await output('grep', '-rlE', 'acknowledge-before-replication|lose-tail-on-recovery', '/opt/tribunal')).toBe('')
    expect(await output('grep', '-rl', 'controller.quorum.voters', '/opt/tribunal')).toContain('run-broker.mjs')
  })

  it('is healthy by itself, and says so when it cannot go on', async () => {
    const container = await docker.createContainer({ Image: referenceImage })
    try {
      await container.start()
      await vi.waitFor(async () => expect((await container.inspect()).State.Health?.Status).toBe('healthy'), patience)
    } finally {
      await container.remove({ force: true, v: true })
    }
    const wrong = await docker.createContainer({ Image: referenceImage, Env: ['KAFKA_PROCESS_ROLES=moon'] })
    try {
      await wrong.start()
      expect(await wrong.wait()).toMatchObject({ StatusCode: 64 })
    } finally {
      await wrong.remove({ force: true, v: true })
    }
  })
})

describe.skipIf(noCompose)('compose: three brokers for this machine', () => {
  const inProject = (...argv: string[]): string =>
    said(compose![0]!, [...compose!.slice(1), '--project-name', 'tribunal-test', '--file', 'docker-compose.yml', ...argv])
  const bootstrap = '127.0.0.1:9092,127.0.0.1:9192,127.0.0.1:9292'

  beforeAll(async () => {
    await buildReferenceImage(await openDocker())
    inProject('up', '--detach', '--no-build')
  }, 240_000)
  afterAll(() => {
    inProject('down', '--volumes', '--timeout', '5')
  })

  it('kcat finds all three, writes with acks=all and reads back', async () => {
    await vi.waitFor(() => expect(said('kcat', ['-b', bootstrap, '-L', '-m', '5'])).toContain('3 brokers:'), patience)
    said('kcat', ['-b', bootstrap, '-P', '-t', 'hello', '-X', 'acks=all'], 'one\ntwo\n')
    expect(said('kcat', ['-b', bootstrap, '-C', '-t', 'hello', '-o', 'beginning', '-e', '-q'])).toBe('one\ntwo\n')
  })

  it('every profile is understood', () => {
    const services = inProject('--profile', 'kafka', '--profile', 'redpanda', '--profile', 'report', '--profile', 'k6', 'config', '--services')
    expect(services.trim().split('\n').sort()).toEqual([
      'broker-1', 'broker-2', 'broker-3', 'k6', 'kafka-1', 'kafka-2', 'kafka-3', 'redpanda-1', 'redpanda-2', 'redpanda-3', 'report',
    ])
  })
})
