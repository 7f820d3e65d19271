/** The image by itself, and the compose file with it, as a person uses them from the host. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { root } from '../checkout.ts'
import { exitCodes } from '../exit-codes.ts'
import { isDockerMissing, isMissing } from '../testing/optional-tool.testing.ts'
import { Workplace, type Ended } from '../testing/started-command.testing.ts'
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

/** The command line, with some variables of its own. */
async function told(environment: Readonly<Record<string, string>>, ...argv: string[]): Promise<Ended> {
  const workplace = new Workplace()
  const before = { ...process.env }
  Object.assign(process.env, environment)
  try {
    return await workplace.run('verify', ...argv)
  } finally {
    process.env = before
    await workplace.close()
  }
}

const file = join(root, 'docker-compose.yml')

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

  it('verify --compose tries them while they are up, and leaves everything as it was', async () => {
    const docker = await openDocker()
    const state = async (): Promise<unknown> => {
      const containers = await docker.listContainers({ all: true, filters: { label: ['com.docker.compose.project=tribunal-test'] } })
      const limits = await Promise.all(containers.map(async ({ Id }) => (await docker.getContainer(Id).inspect()).HostConfig.CpuQuota))
      return {
        containers: containers.map(({ Id, State }) => [Id, State]).sort(),
        limits: limits.map((quota) => Math.max(quota ?? 0, 0)),
        topics: said('kcat', ['-b', bootstrap, '-L', '-J']).match(/"topic":"[^"]*"/g)?.sort(),
      }
    }
    const before = await state()
    const { code, stdout } = await told({ COMPOSE_PROJECT_NAME: 'tribunal-test' }, '--compose', file, '--scenario', 'cut-links', '--time', '5s')
    expect({ code, stdout }).toMatchObject({ code: exitCodes.valid, stdout: expect.stringContaining('which was up and stays so') as string })
    expect(stdout).toContain('1 is broker-1 at 127.0.0.1:9092, 2 is broker-2 at 127.0.0.1:9192')
    // Brokers hear one after the other that topics are gone.
    await vi.waitFor(async () => expect(await state()).toEqual(before), { timeout: 30_000, interval: 200 })
  }, 600_000)

  it('every profile is understood', () => {
    const services = inProject('--profile', 'kafka', '--profile', 'redpanda', '--profile', 'report', '--profile', 'k6', 'config', '--services')
    expect(services.trim().split('\n').sort()).toEqual([
      'broker-1', 'broker-2', 'broker-3', 'k6', 'kafka-1', 'kafka-2', 'kafka-3', 'redpanda-1', 'redpanda-2', 'redpanda-3', 'report',
    ])
  })
})

describe.skipIf(noCompose)('compose: verify --compose with what cannot be tried', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tribunal-compose-'))
  })
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  function written(text: string): string {
    const path = join(directory, 'compose.yml')
    writeFileSync(path, text)
    return path
  }

  function oneSentence({ stderr }: Ended): string {
    expect(stderr.trim().split('\n')).toHaveLength(1)
    return stderr
  }

  it('a file that is not there, or is no compose file, is wrong usage', async () => {
    const missing = await told({}, '--compose', join(directory, 'none.yml'))
    expect([missing.code, oneSentence(missing)]).toEqual([exitCodes.usage, expect.stringContaining('cannot be read')])
    const wrong = await told({}, '--compose', written('services: [1, 2]\n'))
    expect([wrong.code, oneSentence(wrong)]).toEqual([exitCodes.usage, expect.stringContaining('is no compose file')])
  })

  it('a project without labels is brought up, refused, and taken down', async () => {
    const project = { COMPOSE_PROJECT_NAME: 'tribunal-unlabelled' }
    const ended = await told(project, '--compose', written(`version: "3.8"\nservices: { one: { image: ${referenceImage} } }\n`))
    expect([ended.code, oneSentence(ended)]).toEqual([exitCodes.unknown, expect.stringContaining('has the label tribunal.broker.id')])
    const left = await (await openDocker()).listContainers({ all: true, filters: { label: ['com.docker.compose.project=tribunal-unlabelled'] } })
    expect(left).toEqual([])
  }, 60_000)

  it('a port that is taken is one sentence, and nothing stays up', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((ready) => server.once('listening', ready))
    const { port } = server.address() as { readonly port: number }
    const text = `version: "3.8"\nservices: { one: { image: ${referenceImage}, ports: ["127.0.0.1:${port}:9092"] } }\n`
    const ended = await told({ COMPOSE_PROJECT_NAME: 'tribunal-taken' }, '--compose', written(text))
    server.close()
    expect([ended.code, oneSentence(ended)]).toEqual([exitCodes.unknown, expect.stringMatching(new RegExp(`does not come up: .*${port}`))])
    const left = await (await openDocker()).listContainers({ all: true, filters: { label: ['com.docker.compose.project=tribunal-taken'] } })
    expect(left).toEqual([])
  }, 60_000)

  it('without compose it is one sentence', async () => {
    const ended = await told({ PATH: directory }, '--compose', file)
    expect([ended.code, oneSentence(ended)]).toEqual([exitCodes.unknown, expect.stringContaining('--compose needs Docker Compose')])
  })
})
