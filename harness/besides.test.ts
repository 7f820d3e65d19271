import { describe, expect, it } from 'vitest'
import { jvmTimes } from './profile.ts'
import { planOf, type ScenarioOptions } from './scenario-plan.ts'
import { scenarios } from './scenarios.ts'
import type { TrialPlan } from './trial.ts'

const options: ScenarioOptions = { faultsMs: 10_000, recordsPerSecond: 100 }

function planned(name: string, target: 'processes' | 'containers', more: Partial<ScenarioOptions> = {}): TrialPlan {
  const scenario = scenarios.find((each) => each.name === name && each.target === target)
  if (scenario?.target !== 'processes' && scenario?.target !== 'containers') throw new Error(`no ${name} on ${target}`)
  return planOf(scenario, { ...options, ...more })
}

const namesOf = ({ parts }: TrialPlan): string[] => parts.map(({ workload }) => workload.name)

describe('workloads beside the plain traffic', () => {
  const storm = ['keyed-append', 'transactions', 'bank', 'consume-transform-produce']

  it('are the same on processes, on JVMs and in containers', () => {
    expect(namesOf(planned('transaction-storm', 'processes'))).toEqual(storm)
    expect(namesOf(planned('transaction-storm', 'processes', { jvm: true }))).toEqual(storm)
    expect(namesOf(planned('transaction-storm', 'containers', { jvm: true }))).toEqual(storm)
    expect(namesOf(planned('group-storm', 'containers'))).toEqual(['keyed-append', 'group-churn'])
    expect(namesOf(planned('pause-leader', 'containers', { jvm: true }))).toEqual(['keyed-append', 'transactions'])
  })

  it('need brokers that take the sessions of a trial', () => {
    expect(namesOf(planned('pause-leader', 'containers', { takesSettings: false, topicPrefix: 'x' }))).toEqual(['keyed-append'])
  })

  it('have longer sessions on JVMs', () => {
    const sessionMs = (jvm: boolean): unknown =>
      planned('group-storm', 'processes', { jvm }).parts[1]!.config.groups!.map((group) => group.sessionTimeoutMs)
    expect(sessionMs(true)).toEqual((sessionMs(false) as number[]).map((ms) => ms * jvmTimes))
  })

  it('are told apart by topics of their own', () => {
    const names = planned('transaction-storm', 'processes').parts.flatMap(({ topics }) => topics.map(({ name }) => name))
    expect(new Set(names).size).toBe(names.length)
  })
})
