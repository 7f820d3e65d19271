/** What starts a broker process: the bundle, built when needed; an installed package brings it along. */
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
