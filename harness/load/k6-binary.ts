/** A stock k6: the one that is told, the one on the PATH, or its container image. Nothing is downloaded here. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { exitCodes, UserError } from '../exit-codes.ts'

export const k6Version = '1.8.1'
export const k6Image: string = `grafana/k6:${k6Version}`

export interface K6 {
  /** As it tells it itself. */
  readonly version: string
  /** What comes before the arguments of k6; `mounts` are directories that it must see under their own paths. */
  command(mounts: readonly string[]): readonly string[]
}

/** `told`: a path; else the environment variable K6, else the PATH, else the image. Throws a UserError with the way out. */
export function findK6(told: string | undefined = process.env['K6']): K6 {
  if (told !== undefined) {
    const version = versionOf([told])
    if (version === undefined) throw new UserError(`${told} is no k6 that can be started.`, exitCodes.unknown)
    return { version, command: () => [told] }
  }
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'k6')).find(isExecutable)
  const version = onPath === undefined ? undefined : versionOf([onPath])
  if (onPath !== undefined && version !== undefined) return { version, command: () => [onPath] }
  return imageOf() ?? fail()
}

export function isK6Missing(): boolean {
  try {
    findK6()
    return false
  } catch {
    return true
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function versionOf(command: readonly string[]): string | undefined {
  const { stdout, error } = spawnSync(command[0]!, [...command.slice(1), 'version'], { encoding: 'utf8' })
  return error === undefined ? /k6 (v[\d.]+)/.exec(stdout)?.[1] : undefined
}

/** Only where the image is already there: pulling it is for who wants it. */
function imageOf(): K6 | undefined {
  const { status } = spawnSync('docker', ['image', 'inspect', k6Image], { stdio: 'ignore' })
  if (status !== 0) return undefined
  const { uid, gid } = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const run = ['docker', 'run', '--rm', '--init', '--network', 'host', '--user', `${uid}:${gid}`]
  return {
    version: `v${k6Version} (${k6Image})`,
    command: (mounts) => [...run, ...mounts.flatMap((directory) => ['-v', `${directory}:${directory}`]), k6Image],
  }
}

function fail(): never {
  throw new UserError(
    `There is no k6: put one on the PATH (go install go.k6.io/k6@v${k6Version}), name it with --k6, or pull its image (docker pull ${k6Image}).`,
    exitCodes.unknown,
  )
}
