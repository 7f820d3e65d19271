/** What starts the processes of a trial: bundles, built when needed; an installed package brings them along. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './checkout.ts'

/** With a defect, a test build that has it planted. */
export async function brokerCommand(defect?: string): Promise<readonly string[]> {
  const dist = join(root, 'dist')
  if (defect === undefined) {
    const built = join(dist, 'broker.mjs')
    if (!existsSync(join(root, 'harness', 'build.ts'))) return [process.execPath, built]
    const { buildBroker } = await import('./build.ts')
    return [process.execPath, await buildBroker(dist)]
  }
  const { bundle } = await import('./build.ts')
  await bundle({ 'defect-broker': 'harness/defect-broker.ts' }, join(dist, 'test'))
  return [process.execPath, join(dist, 'test', 'defect-broker.mjs'), defect]
}

/** The fault proxy. */
export async function proxyCommand(): Promise<readonly string[]> {
  const dist = join(root, 'dist')
  if (!existsSync(join(root, 'harness', 'build.ts'))) return [process.execPath, join(dist, 'proxy.mjs')]
  const { buildProxy } = await import('./build.ts')
  return [process.execPath, await buildProxy(dist)]
}
