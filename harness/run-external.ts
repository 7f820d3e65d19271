/** One scenario on a cluster that is not ours: tried, judged, and the cluster left as it was. */
import type { Ops } from '../history/op.ts'
import { Loop } from '../ports/loop.ts'
import { NodeRunner } from '../ports/node/node-runner.ts'
import type { NodeNetworkOptions } from '../ports/node/node-network.ts'
import type { WorkloadClient } from '../workloads/client/client.ts'
import { proxyCommand } from './broker-command.ts'
import type { Off } from './external/abilities.ts'
import type { Attached } from './external/attach.ts'
import { AttachedControl } from './external/attached-control.ts'
import { cleanUp } from './external/clean-up.ts'
import { externalPlan } from './external/external-plan.ts'
import type { ClientSecurity } from './external/security.ts'
import { withClient, workloadClients } from './foreign-clients/foreign-client.ts'
import type { Library } from './foreign-clients/library.ts'
import type { JudgedParts } from './judge-run.ts'
import { PartRecords } from './part-records.ts'
import { ProxiedLinks } from './proxy/proxied-links.ts'
import { proxyHost } from './proxy/socket-relay.ts'
import { asPlanned, runTrial } from './run-processes.ts'
import type { RunStore } from './run-store.ts'
import type { ExternalScenario } from './scenarios.ts'
import { Trial, type TrialPlan } from './trial.ts'
import { wireClients } from './wire-clients.ts'

export interface ExternalCluster {
  readonly attached: Attached
  readonly security: ClientSecurity
  readonly topicPrefix: string
  readonly off: readonly Off[]
}

export interface ExternalRunOptions extends ExternalCluster {
  readonly faultsMs: number
  readonly recordsPerSecond: number
  readonly library?: Library
  readonly seed: number
  readonly store: RunStore
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
  /** For a run that is made otherwise than its scenario says. */
  readonly alter?: (plan: TrialPlan) => TrialPlan
  /** What another record knows of the ops. */
  readonly told?: (ops: Ops) => Ops
  /** The history will be long. */
  readonly isPacked?: boolean
}

const listener = 'CLIENTS'

export async function runExternal(scenario: ExternalScenario, options: ExternalRunOptions): Promise<JudgedParts> {
  const { attached, security, seed, signal, store, accept } = options
  const links = scenario.nemesis.attacks.length === 0 ? undefined : await openLinks(attached, seed)
  const plan = withClient((options.alter ?? asPlanned)(externalPlan(scenario, options)), options.library)
  const runner = new NodeRunner({ seed, network: networkOf(attached, security, links) })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const records = new PartRecords({ scenario, plan, store, nowMs: () => loop.now(), isPacked: options.isPacked === true })
  const makeClient = wireClients(loop, attached.brokers, plan.profile, security.sasl)
  const failures: string[] = []
  try {
    const trial = new Trial({
      loop,
      random: runner.ports.random,
      recorders: records.recorders,
      control: new AttachedControl(attached.brokers.map(({ id }) => id), links),
      address: (id) => attached.brokers.find((broker) => broker.id === id)!,
      makeClient,
      ...workloadClients(options.library, { loop, bootstrap: attached.brokers, security, wire: makeClient, ...plan.profile.clients }),
      plan,
      ...(security.sasl !== undefined && { sasl: security.sasl }),
    })
    const ended = await runTrial(trial, records.recorders, {
      signal,
      onProgress: options.onProgress,
      ...(links !== undefined && { lost: links.lost }),
    })
    if (ended !== undefined) failures.push(ended)
  } finally {
    const groups = plan.parts.flatMap(({ config }) => config.groups ?? []).map(({ group }) => group)
    const left = await cleanedUp(loop, makeClient, { ...options, groups })
    if (left !== undefined) failures.push(left)
    await runner.stop()
    await links?.close()
    await records.endJournals()
  }
  return records.judged({ failures, failuresConvict: false, accept, wasCutShort: signal.aborted, ...(options.told !== undefined && { told: options.told }) })
}

async function cleanedUp(
  loop: Loop,
  makeClient: (name: string) => WorkloadClient,
  { topicPrefix, groups, onProgress }: ExternalRunOptions & { readonly groups: readonly string[] },
): Promise<string | undefined> {
  onProgress('deleting its groups and topics')
  const client = makeClient('clean-up')
  const left = await cleanUp(loop, client.admin, { topicPrefix, groups })
  client.close()
  return left
}

/** A proxy of ours that stands for every broker: only who dials through it can be cut off. */
async function openLinks({ brokers }: Attached, seed: number): Promise<ProxiedLinks> {
  const brokerIds = brokers.map(({ id }) => id)
  const links = await ProxiedLinks.open({ command: await proxyCommand(), brokerIds, listenerNames: [listener], seed })
  for (const broker of brokers) links.directFar(broker.id, listener, broker)
  return links
}

/** Clients are told the brokers' own addresses, and dial the proxy's instead. */
function networkOf({ brokers }: Attached, { tls }: ClientSecurity, links: ProxiedLinks | undefined): NodeNetworkOptions {
  const route: NodeNetworkOptions['route'] = (host, port) => {
    const broker = brokers.find((each) => each.host === host && each.port === port)
    return broker === undefined || links === undefined ? { host, port } : { host: proxyHost, port: links.port(broker.id, listener) }
  }
  return { route, ...(tls !== undefined && { tls }) }
}
