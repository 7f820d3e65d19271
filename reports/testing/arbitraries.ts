/** Verdicts and histories as bad as they come, for the law that rendering never throws and never lets markup through. */
import fc from 'fast-check'
import type { FaultRecord, Finding, ScenarioVerdict, Valid, Verdict } from '../../checkers/verdict.ts'
import type { Op } from '../../history/op.ts'
import type { ScenarioHistory } from '../scenario-history.ts'

/** Text that means something to a terminal, to HTML, XML, Markdown or a regular expression. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom(
    '</script><x-evil>', '<script>alert(1)</script>', '"><x-evil onload=a()>', "' onclick='a()", ']]>', '<!--', '&amp;',
    '\u001B[2J\u001B[31m', 'a\nb\r\nc', '\0', '\uD800', '\uFFFE', '\u202Eevil', '``` ````', '| a | b |', '# head', '@here', '[a](b)',
    '$1 $& \\u0000', '__proto__', 'constructor', '', '日本語のキー', 'e\u0301\u0301', '🙂'.repeat(50), 'x'.repeat(500),
  ),
)

const anyNumber = fc.oneof(fc.nat({ max: 20 }), fc.integer(), fc.double(), fc.constantFrom(NaN, Infinity, -1, 2 ** 53, 1e300))
const key = fc.oneof(hostileText, fc.nat({ max: 3 }), fc.constantFrom('orders-0', 'orders-1'))
const value = fc.oneof(hostileText, fc.nat({ max: 9 }))
const time = fc.oneof(fc.constant(null), fc.nat({ max: 9_000_000_000 }), anyNumber)
const valid = fc.constantFrom<Valid>(true, false, 'unknown')
const junk = fc.anything({ withBigInt: true, withNullPrototype: true, withMap: true, withDate: true, maxDepth: 3 })

const send = fc.record(
  { f: fc.constant('send'), key, value, offset: fc.oneof(fc.nat({ max: 9 }), anyNumber) },
  { requiredKeys: ['f', 'key', 'value'] },
)
const record = fc.tuple(fc.oneof(fc.nat({ max: 30 }), anyNumber), fc.oneof(value, junk))
const polled = fc.array(fc.oneof(fc.tuple(key, fc.array(record, { maxLength: 20 })), junk), { maxLength: 4 })
const poll = fc.record({ f: fc.constant('poll'), polled: fc.oneof(polled, junk) }, { requiredKeys: ['f'] })
const micros = fc.array(fc.oneof(send, poll, junk), { maxLength: 9 })
const nemesis = fc.record({
  action: fc.oneof(fc.constantFrom('start', 'evidence', 'stop', 'healed'), junk),
  id: fc.oneof(fc.nat({ max: 2 }), hostileText, junk),
  targets: fc.oneof(fc.array(fc.oneof(key, junk), { maxLength: 3 }), junk),
  inForce: fc.oneof(fc.boolean(), junk),
  evidence: junk,
})
const observation = fc.record({
  key,
  leader: fc.oneof(fc.integer({ min: -1, max: 3 }), anyNumber),
  leaderEpoch: fc.oneof(fc.nat({ max: 9 }), anyNumber),
  inSyncReplicas: fc.oneof(fc.array(fc.nat({ max: 3 })), junk),
  highWatermark: fc.oneof(fc.nat({ max: 99 }), anyNumber, junk),
  logEndOffset: fc.oneof(fc.nat({ max: 99 }), anyNumber, junk),
})

const groupKind = fc.constantFrom('join', 'assigned', 'revoked', 'lost', 'leave', 'commit', 'process', 'group-state')
const keyList = fc.array(fc.oneof(key, junk), { maxLength: 3 })
const offsetList = fc.array(fc.oneof(fc.tuple(key, fc.oneof(fc.nat({ max: 99 }), anyNumber)), junk), { maxLength: 3 })
const groupValue = fc.record({
  group: fc.oneof(fc.constantFrom('g', 'h'), hostileText, junk),
  memberId: fc.oneof(hostileText, junk),
  generation: fc.oneof(fc.nat({ max: 5 }), anyNumber, junk),
  keys: fc.oneof(keyList, junk),
  starts: fc.oneof(offsetList, junk),
  offsets: fc.oneof(offsetList, junk),
  incremental: fc.oneof(fc.boolean(), junk),
})

const process = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom('nemesis', 'observer', 'harness'))
const error = fc.record(
  { code: hostileText, definite: fc.boolean(), message: hostileText },
  { requiredKeys: ['code', 'definite'] },
)

export const hostileOp: fc.Arbitrary<Op> = fc.record(
  {
    index: fc.oneof(fc.nat({ max: 30 }), anyNumber),
    time,
    process,
    type: fc.constantFrom('invoke', 'ok', 'fail', 'info'),
    f: fc.oneof(fc.constantFrom('send', 'poll', 'txn', 'observe', 'observe', 'phase', 'config', 'kill', 'assign'), groupKind, hostileText),
    value: fc.oneof(micros, nemesis, groupValue, fc.array(fc.oneof(observation, junk), { maxLength: 5 }), hostileText, junk),
    client: hostileText,
    error,
    attempts: anyNumber,
    node: key,
  },
  { requiredKeys: ['index', 'time', 'process', 'type', 'f', 'value'] },
) as fc.Arbitrary<Op>

export const hostileOps: fc.Arbitrary<Op[]> = fc.array(hostileOp, { maxLength: 40 })

export const hostileFinding: fc.Arbitrary<Finding> = fc.record(
  {
    anomaly: fc.oneof(fc.constantFrom('lost-write', 'duplicate'), hostileText),
    guarantees: fc.array(hostileText, { maxLength: 3 }),
    aspect: hostileText,
    issue: hostileText,
    message: hostileText,
    witness: fc.array(fc.record({ op: fc.oneof(fc.nat({ max: 30 }), anyNumber), shows: hostileText }), { maxLength: 30 }),
    key,
    values: fc.array(value, { maxLength: 20 }),
    offsets: fc.array(fc.oneof(fc.nat({ max: 30 }), anyNumber), { maxLength: 20 }),
    allowed: hostileText,
    blame: fc.oneof(fc.constantFrom('broker', 'client', 'harness'), hostileText),
  },
  { requiredKeys: ['anomaly', 'guarantees', 'message', 'witness'] },
) as fc.Arbitrary<Finding>

const fault: fc.Arbitrary<FaultRecord> = fc.record({
  name: hostileText, targets: fc.array(key, { maxLength: 3 }), startTime: time, endTime: time, inForce: fc.boolean(), evidence: junk,
})

const stalls = fc.array(fc.record({ key, stallMs: anyNumber }), { maxLength: 3 })
const suffered = fc.record({
  name: hostileText, targets: fc.array(key, { maxLength: 3 }), startTime: time, endTime: time, longestStallMs: anyNumber, keys: stalls,
  nextAcknowledgedMs: fc.option(anyNumber), recoveryMs: fc.option(anyNumber),
})
const availability = fc.record({
  longestStallMs: anyNumber, keys: stalls, recoveryMsMax: fc.option(anyNumber), faults: fc.array(suffered, { maxLength: 3 }),
})
const figureNames = fc.oneof(hostileText, hostileText.map((text) => `coverage.${text}`))

const scenarioName = fc.oneof(fc.constantFrom('kill-leader', 'pause'), hostileText)
const targetName = fc.oneof(fc.constantFrom('simulated', 'processes'), hostileText)
const seed = fc.oneof(fc.nat({ max: 2 }), anyNumber)
const ops = fc.record({ invoke: anyNumber, ok: anyNumber, fail: anyNumber, info: anyNumber })

const scenario: fc.Arbitrary<ScenarioVerdict> = fc.record(
  {
    name: scenarioName, target: targetName, valid, seeds: anyNumber, ops, acknowledged: anyNumber,
    faults: fc.array(fault, { maxLength: 4 }),
    findings: fc.array(hostileFinding, { maxLength: 12 }),
    reasons: fc.array(hostileText, { maxLength: 3 }),
    figures: fc.dictionary(figureNames, anyNumber, { maxKeys: 6 }),
    availability,
    failure: fc.record({ seed, command: hostileText, story: fc.array(hostileText, { maxLength: 3 }) }),
  },
  { requiredKeys: ['name', 'target', 'valid', 'seeds', 'ops', 'acknowledged', 'faults', 'findings', 'reasons', 'figures'] },
) as fc.Arbitrary<ScenarioVerdict>

export const hostileVerdict: fc.Arbitrary<Verdict> = fc.record({
  valid,
  scenarios: fc.array(scenario, { maxLength: 4 }),
  anomalies: fc.dictionary(hostileText, anyNumber, { maxKeys: 3 }),
  seed: anyNumber,
  durationMs: anyNumber,
})

export const hostileHistories: fc.Arbitrary<ScenarioHistory[]> = fc.array(
  fc.record(
    { scenario: scenarioName, target: targetName, seed, ops: hostileOps },
    { requiredKeys: ['scenario', 'ops'] },
  ) as fc.Arbitrary<ScenarioHistory>,
  { maxLength: 4 },
)
