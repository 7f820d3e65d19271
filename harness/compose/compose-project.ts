/**
 * The user's own compose project: brought up as it is written, or met as it runs. What it had before it has afterwards; it is
 * taken down only by who brought it up, with volumes only if it had none before.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { Docker } from '../containers/docker.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { brokerLabels, labelledBrokers, type LabelledBroker } from './broker-labels.ts'
import { findCompose, lastLine, run, type ComposeCommand } from './compose-command.ts'

const projectLabel = 'com.docker.compose.project'
/** Brokers may have much to write down. */
const downSeconds = '20'

export class ComposeProject {
  readonly name: string
  readonly file: string
  readonly docker: Docker
  /** Of what it was, how to take it down; undefined when somebody else had brought it up. */
  readonly #down: readonly string[] | undefined
  readonly #command: ComposeCommand

  private constructor({ name, file, docker }: { readonly name: string; readonly file: string; readonly docker: Docker }, command: ComposeCommand, down: readonly string[] | undefined) {
    this.name = name
    this.file = file
    this.docker = docker
    this.#command = command
    this.#down = down
    if (down !== undefined) process.once('exit', this.#downAtExit)
  }

  get wasUp(): boolean {
    return this.#down === undefined
  }

  /** Throws a UserError: no such file, no compose, a file that it refuses, a project that does not come up. */
  static async open(docker: Docker, path: string): Promise<ComposeProject> {
    const file = resolve(path)
    try {
      accessSync(file, constants.R_OK)
    } catch (error) {
      throw new UserError(`--compose ${path} cannot be read: ${(error as Error).message}.`)
    }
    const compose = await findCompose()
    const told = await run(compose, ['--file', file, 'config'])
    if (told.code !== 0) throw new UserError(`--compose ${path} is no compose file: ${lastLine(told)}.`)
    const name = projectName(file, told.stdout)
    const command = [...compose, '--project-name', name, '--file', file]
    const project = { name, file: path, docker }
    const before = await containersOf(docker, name)
    if (before.some(({ State, Labels }) => State === 'running' && Labels[brokerLabels.id] !== undefined)) return new ComposeProject(project, command, undefined)
    const filters = { label: [`${projectLabel}=${name}`] }
    const { Volumes } = await docker.listVolumes({ filters })
    const hadVolumes = (Volumes ?? []).length > 0
    const down = before.length > 0 ? ['stop', '--timeout', downSeconds] : ['down', '--timeout', downSeconds, ...(hadVolumes ? [] : ['--volumes'])]
    const opened = new ComposeProject(project, command, down)
    const up = await run(command, ['up', '--detach'])
    if (up.code === 0) return opened
    await opened.close().catch(() => undefined)
    throw new UserError(`${path} does not come up: ${lastLine(up)}.`, exitCodes.unknown)
  }

  /** Throws a UserError when they do not make a cluster that can be tried. */
  async brokers(): Promise<LabelledBroker[]> {
    const containers = await containersOf(this.docker, this.name)
    const up = containers.filter(({ State }) => State !== 'exited' && State !== 'created')
    return labelledBrokers(this.file, await Promise.all(up.map(({ Id }) => this.docker.getContainer(Id).inspect())))
  }

  /** Throws a UserError when it does not go down. */
  async close(): Promise<void> {
    process.off('exit', this.#downAtExit)
    if (this.#down === undefined) return
    const said = await run(this.#command, this.#down)
    if (said.code !== 0) throw new UserError(`${this.file} could not be taken down: ${lastLine(said)}.`, exitCodes.unknown)
  }

  /** Of a process that is made to end at once. */
  readonly #downAtExit = (): void => {
    const [program, ...argv] = [...this.#command, ...this.#down!]
    spawn(program!, argv, { detached: true, stdio: 'ignore' }).unref()
  }
}

async function containersOf(docker: Docker, name: string): Promise<Docker.ContainerInfo[]> {
  return docker.listContainers({ all: true, filters: { label: [`${projectLabel}=${name}`] } })
}

/** Version 2 tells it; version 1 takes it from the environment or the folder. */
function projectName(file: string, config: string): string {
  const told = /^name: *["']?([\w-]+)/m.exec(config)?.[1] ?? process.env['COMPOSE_PROJECT_NAME']
  return told ?? basename(dirname(file)).toLowerCase().replaceAll(/[^-_a-z0-9]/g, '')
}
