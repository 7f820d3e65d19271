/** `--compose`: from the flag to a project that is up and met, and what cannot be done to it. */
import { clockFaults, fitted, type Fitted } from '../containers/abilities.ts'
import { openDocker } from '../containers/docker.ts'
import { diskError } from '../../nemesis/disk-error.ts'
import { diskFull } from '../../nemesis/disk-full.ts'
import { diskSlow } from '../../nemesis/disk-slow.ts'
import { powerLoss } from '../../nemesis/power-loss.ts'
import type { Off } from '../external/abilities.ts'
import { newTopicPrefix } from '../external/attach-as-told.ts'
import { meetBrokers, type ComposeBrokers } from '../run-compose.ts'
import type { AnyScenario } from '../races/race-scenarios.ts'
import { ComposeProject } from './compose-project.ts'

const off: readonly Off[] = [
  { names: clockFaults, why: 'a compose project runs as it is written, without a library of ours before its clocks' },
  { names: [diskFull, diskError, diskSlow, powerLoss].map(({ name }) => name), why: 'the volumes of a compose project are not ours' },
]

/** Throws a UserError; whatever was brought up is then taken down. */
export async function composeAsTold(file: string, topicPrefix: string | undefined): Promise<ComposeBrokers> {
  const project = await ComposeProject.open(await openDocker(), file)
  try {
    return await meetBrokers(project, newTopicPrefix(topicPrefix))
  } catch (error) {
    await project.close()
    throw error
  }
}

export function withinCompose(scenarios: readonly AnyScenario[]): Fitted {
  return fitted(scenarios, off)
}

/** What a person should know before it begins. */
export function composeLines({ project, brokers, attached, topicPrefix }: ComposeBrokers): string {
  const named = brokers.map(({ id, service, published }) => `${id} is ${service} at ${published.host}:${published.port}`).join(', ')
  return [
    `compose project ${project.name}, ${project.wasUp ? 'which was up and stays so' : 'brought up, and taken down at the end'}: broker ${named}`,
    `cluster ${attached.clusterId ?? 'without an id'}; topics are made as ${topicPrefix}-* and deleted at the end`,
    '',
  ].join('\n')
}
