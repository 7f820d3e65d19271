/**
 * The images a trial needs. Ours are built when they are first needed: the reference broker from the bundle and the native
 * packages beside it, the helper from its own folder; a helper's tag is the hash of what it is made of.
 */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { agentBundle, brokerBundle } from '../broker-command.ts'
import { isCheckout, packageDirectory, root } from '../checkout.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { Docker } from './docker.ts'

export const referenceImage = 'tribunal-broker'

export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect()
    return true
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false
    throw error
  }
}

/** Brings an image that is not here; throws a UserError, exit code 2. */
export async function requireImage(docker: Docker, image: string): Promise<void> {
  if (await hasImage(docker, image)) return
  try {
    const stream = await docker.pull(image)
    await new Promise<void>((done, failed) => {
      docker.modem.followProgress(stream, (error: Error | null) => (error === null ? done() : failed(error)))
    })
  } catch (error) {
    const { message } = error as Error
    throw new UserError(`The image ${image} is not here and cannot be pulled (${firstLine(message)}).`, exitCodes.unknown)
  }
}

function firstLine(text: string): string {
  return text.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim().split('\n')[0]!.replace(/[.]$/, '')
}

const nativePackages: readonly string[] = ['@node-rs', 'snappy', 'lz4-napi', '@antoniomuso']

/** The reference broker as it is here; built anew each time, and quickly when nothing has changed. */
export async function buildReferenceImage(docker: Docker): Promise<string> {
  const context = mkdtempSync(join(tmpdir(), 'tribunal-image-'))
  try {
    const put = (source: string, path: string): void => {
      mkdirSync(dirname(join(context, path)), { recursive: true })
      cpSync(join(source, path), join(context, path), { recursive: true, dereference: true })
    }
    await brokerBundle()
    const lock = isCheckout ? ['package-lock.json'] : []
    for (const path of ['package.json', ...lock, 'reference-broker/health-check.mjs', 'dist/broker.mjs', 'dist/run-broker.mjs']) put(root, path)
    const modules = dirname(packageDirectory('snappy'))
    const napi = readdirSync(join(modules, '@napi-rs')).filter((name) => name.startsWith('snappy-'))
    for (const name of [...nativePackages, ...napi.map((name) => join('@napi-rs', name))]) put(dirname(modules), join('node_modules', name))
    cpSync(join(root, 'reference-broker', 'Dockerfile'), join(context, 'Dockerfile'))
    await build(docker, context, referenceImage)
    return referenceImage
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}

/** The tag of the helper, built when it is missing. */
export async function helperImage(docker: Docker): Promise<string> {
  const context = mkdtempSync(join(tmpdir(), 'tribunal-helper-'))
  try {
    cpSync(await agentBundle(), join(context, 'agent.mjs'))
    for (const name of ['Dockerfile', 'delay-queue.c']) cpSync(join(root, 'harness', 'containers', 'helper', name), join(context, name))
    cpSync(join(root, 'nemesis', 'clock-shim', 'clock-shim.c'), join(context, 'clock-shim.c'))
    const hash = createHash('sha256')
    for (const name of readdirSync(context).sort()) hash.update(name).update(readFileSync(join(context, name)))
    const tag = `tribunal-helper:${hash.digest('hex').slice(0, 12)}`
    if (!(await hasImage(docker, tag))) await build(docker, context, tag)
    return tag
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}

async function build(docker: Docker, context: string, tag: string): Promise<void> {
  let said = ''
  try {
    const stream = await docker.buildImage({ context, src: readdirSync(context) }, { t: tag })
    await new Promise<void>((done, failed) => {
      const end = (error: Error | null): void => (error === null && said === '' ? done() : failed(error ?? new Error(said)))
      docker.modem.followProgress(stream, end, ({ error }: { readonly error?: string }) => {
        if (error !== undefined) said = error
      })
    })
  } catch (error) {
    throw new UserError(`The image ${tag} cannot be built: ${firstLine((error as Error).message)}.`, exitCodes.unknown)
  }
}
