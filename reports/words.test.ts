import { describe, expect, test } from 'vitest'
import type { Finding, ScenarioVerdict, Valid, Verdict } from '../checkers/verdict.ts'
import {
  anomalyCounts, blamedOn, countedBeyondList, evidenceText, faultsInForce, figureName, findingTitle, formatDuration, formatMs, formatShort, formatTime,
  pickFindings, plural, verdictSentence,
} from './words.ts'

const finding = (anomaly: string, message = ''): Finding => ({ anomaly, guarantees: [], message, witness: [] })

const scenario = (valid: Valid, findings: readonly Finding[] = []): ScenarioVerdict => ({
  name: 'kill-leader', target: 'processes', valid, seeds: 1, ops: { invoke: 9, ok: 7, fail: 1, info: 1 },
  acknowledged: 7, faults: [], findings, reasons: [], figures: {},
})

const verdict = (valid: Valid, ...scenarios: ScenarioVerdict[]): Verdict => ({
  valid, scenarios, anomalies: {}, seed: 1, durationMs: 1000,
})

describe('words', () => {
  test('the sentence of a verdict says what decided it', () => {
    const guilty = scenario(false, [finding('lost-write'), finding('lost-write'), { ...finding('duplicate'), allowed: 'so' }])
    expect(verdictSentence(verdict(false, guilty, scenario('unknown'), scenario(true)))).toBe(
      '1 of 3 scenarios broke a promise: lost-write 2; 1 more could not be judged',
    )
    expect(verdictSentence(verdict('unknown', scenario('unknown'), scenario(true)))).toBe('1 of 2 scenarios could not be judged')
    expect(verdictSentence(verdict(true, scenario(true)))).toBe(
      'every promise was kept in 1 scenario: 7 acknowledged records, no fault was injected',
    )
  })

  test('of many seeds the faults of all count, not only those of the one that are listed', () => {
    const listed = [true, false].map((inForce) => ({ name: 'kill', targets: [1], startTime: 0, endTime: 1, inForce, evidence: {} }))
    const one = { ...scenario(true), faults: listed }
    const many = { ...one, seeds: 200, figures: { faultsInjected: 1204, faults: 1203 } }
    expect(faultsInForce([scenario(true)])).toBe('none')
    expect(faultsInForce([one])).toBe('1 of 2')
    expect(faultsInForce([many])).toBe('1,203 of 1,204')
    expect(faultsInForce([{ ...many, figures: { faults: 1203 } }]), 'a verdict.json of before').toBe('1 of 2')
    expect(verdictSentence(verdict(true, one, many))).toContain(', 1,204 of 1,206 faults seen in force')
  })

  test('a run without scenarios and a verdict that its scenarios do not explain are not told as a pass', () => {
    expect(verdictSentence(verdict('unknown'))).toBe('no scenario was run')
    expect(verdictSentence(verdict('unknown', scenario(true)))).not.toContain('every promise')
    expect(verdictSentence(verdict(false, scenario(true)))).not.toContain('every promise')
  })

  test('evidence is told in words, and only as long as can be read', () => {
    expect(evidenceText({ exit: 'SIGKILL', connect: 'refused' })).toBe('exit SIGKILL, connect refused')
    expect(evidenceText('state T')).toBe('state T')
    expect(evidenceText({ atMs: 30_903.61328125, share: [0.25, 2] })).toBe('atMs 30903.6, share 0.3 2')
    expect(evidenceText([{ node: 1, seen: true }, { node: 2, lost: { files: 3, bytes: [1, 2] } }])).toBe(
      'node 1, seen true, node 2, lost.files 3, lost.bytes 1 2',
    )
    expect([evidenceText(null), evidenceText({}), evidenceText(undefined), evidenceText({ a: null })]).toEqual(['', '', '', ''])
    expect(evidenceText({ a: { b: { c: { d: { e: 1 } } } } })).toBe('a.b.c.d {"e":1}')
    expect(evidenceText(Array.from({ length: 50 }, () => ({ word: 'x'.repeat(90) }))).length).toBe(300)
  })

  test('blame is said where it is known', () => {
    expect(blamedOn({ ...finding('duplicate'), blame: 'client' })).toBe('blamed on the client')
    expect(blamedOn(finding('duplicate'))).toBe('')
  })

  test('a finding is named with its aspect and the issue of a known bug', () => {
    expect(findingTitle(finding('lost-write'))).toBe('lost-write')
    const known = { ...finding('torn-transaction'), aspect: 'late', issue: 'KAFKA-17754' }
    expect(findingTitle(known)).toBe('torn-transaction (late), KAFKA-17754')
  })

  test('what a verdict counts beyond its list is said, a complete list is not counted again', () => {
    const listed = verdict(false, scenario(false, [finding('lost-write')]))
    expect(countedBeyondList({ ...listed, anomalies: { 'lost-write': 1 } })).toBe('')
    expect(countedBeyondList({ ...listed, anomalies: { 'lost-write': 1203 } })).toBe('lost-write 1,203')
  })

  test('of many findings one of each anomaly is picked before a second of any', () => {
    const all = [finding('a', '1'), finding('a', '2'), finding('a', '3'), finding('b', '4')]
    expect(pickFindings(all, 3).map(({ message }) => message)).toEqual(['1', '4', '2'])
    expect(anomalyCounts(all)).toBe('a 3, b 1')
  })

  test('numbers are written with their units', () => {
    expect(formatDuration(840)).toBe('840 ms')
    expect(formatDuration(12_340)).toBe('12.3 s')
    expect(formatDuration(185_000)).toBe('3 min 5 s')
    expect(formatDuration(59_999)).toBe('60.0 s')
    expect(formatMs(2.5)).toBe('2.50')
    expect(formatShort(3_481_220)).toBe('3.48M')
    expect(formatShort(999_999)).toBe('999,999')
    expect(formatTime(41_207_318_000)).toBe('41.207 s')
    expect(formatTime(null)).toBe('no time')
    expect(plural(1, 'seed')).toBe('1 seed')
    expect(plural(1200, 'seed')).toBe('1,200 seeds')
    expect(figureName('latencyMsMax')).toBe('latency ms max')
  })
})
