/** What starts the processes of a trial: bundles, built when needed; an installed package brings them along. */
import { join } from 'node:path'
import { isCheckout, root } from './checkout.ts'

const dist = join(root, 'dist')

/** With a defect, a test build that has it planted; there are defects in a checkout only. */
export async function brokerCommand(defect?: string): Promise<readonly string[]> {
  if (defect === undefined) return [process.execPath, await brokerBundle()]
  const { bundle } = await import('./build.ts')
  await bundle({ 'defect-broker': 'harness/defect-broker.ts' }, join(dist, 'test'))
  return [process.execPath, join(dist, 'test', 'defect-broker.mjs'), defect]
}

/** `broker.mjs`, with `run-broker.mjs` beside it. */
export async function brokerBundle(): Promise<string> {
  return isCheckout ? (await import('./build.ts')).buildBroker(dist) : join(dist, 'broker.mjs')
}

/** The fault proxy. */
export async function proxyCommand(): Promise<readonly string[]> {
  return [process.execPath, isCheckout ? await (await import('./build.ts')).buildProxy(dist) : join(dist, 'proxy.mjs')]
}

/** What runs in the helper of a broker's network (harness/containers). */
export async function agentBundle(): Promise<string> {
  return isCheckout ? (await import('./build.ts')).buildAgent(dist) : join(dist, 'agent.mjs')
}
