/** What all scripts have in common: readers beside the scenario, thresholds, and the summary as JSON. */
import type { Options, Scenario, Threshold } from 'k6/options'
import { shapes, type Shape, type ShapeName } from './shapes.ts'
import {
  droppedShareMax, durationSeconds, failedShareMax, produceP99Ms, readers, recordsPerSecond, batch, requestsOpenMax, requestTimeoutMs,
  summaryFile, usersAtStart,
} from './settings.ts'

const seconds = (count: number): string => `${Math.max(1, Math.round(count))}s`

/** Nothing is cut off at the end that could still be answered. */
export const gracefulStop: string = seconds(requestTimeoutMs / 1000 + 5)

export const requestsPerSecond: number = Math.max(1, Math.round(recordsPerSecond / batch))

/** A request for which no user is left is dropped, also while another is being made. */
const users = {
  preAllocatedVUs: Math.min(requestsOpenMax, usersAtStart > 0 ? usersAtStart : Math.max(10, Math.ceil(requestsPerSecond / 2))),
  maxVUs: requestsOpenMax,
  gracefulStop,
  exec: 'produce',
} as const

/** Open model: requests begin by the clock, whether or not earlier ones have been answered. */
function scenarioOf({ startShare, stages }: Shape): Scenario {
  const rateOf = (share: number): number => Math.max(1, Math.round(requestsPerSecond * share))
  if (stages.length === 1 && stages[0]!.rateShare === startShare) {
    return { executor: 'constant-arrival-rate', rate: rateOf(startShare), timeUnit: '1s', duration: seconds(durationSeconds), ...users }
  }
  return {
    executor: 'ramping-arrival-rate',
    startRate: rateOf(startShare),
    timeUnit: '1s',
    stages: stages.map(({ rateShare, timeShare }) => ({ target: rateOf(rateShare), duration: seconds(durationSeconds * timeShare) })),
    ...users,
  }
}

export function optionsOf(name: ShapeName, isSearch = false): Options {
  const reading: Scenario = { executor: 'constant-vus', exec: 'read', vus: readers, duration: seconds(durationSeconds), gracefulStop }
  return {
    scenarios: { [name]: scenarioOf(shapes[name]), ...(readers > 0 && { reading }) },
    thresholds: thresholdsOf(isSearch),
    systemTags: ['scenario', 'status', 'error_code', 'name'],
    summaryTrendStats: ['count', 'min', 'avg', 'med', 'p(90)', 'p(99)', 'p(99.9)', 'max'],
    setupTimeout: '30s',
  }
}

/** A search ends at the first threshold that is crossed, which is what it looks for. */
function thresholdsOf(isSearch: boolean): Record<string, Threshold[]> {
  const judged = (threshold: string): Threshold[] => (isSearch ? [{ threshold, abortOnFail: true, delayAbortEval: '3s' }] : [threshold])
  return {
    ...(produceP99Ms > 0 && { produce_time: judged(`p(99)<${produceP99Ms}`) }),
    ...(failedShareMax >= 0 && { http_req_failed: judged(`rate<=${failedShareMax}`) }),
    ...(droppedShareMax >= 0 && { dropped_iterations: judged(`count<=${Math.floor(droppedShareMax * requestsPerSecond * durationSeconds)}`) }),
  }
}

export function handleSummary(data: unknown): Record<string, string> {
  return { [summaryFile]: JSON.stringify(data) }
}
