import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { brokerSettings, identitySettings } from './broker-settings.ts'
import { keptTopicSettings } from './kept-topic-settings.ts'
import { defaultValue, parseSetting, type Setting, type SettingValue } from './setting.ts'
import { brokerWideSettings, topicSettingByName } from './topic-names.ts'
import { topicSettings } from './topic-settings.ts'

const every: Setting[] = [
  ...Object.values(brokerSettings),
  ...Object.values(identitySettings),
  ...topicSettingByName.values(),
  ...brokerWideSettings,
]
const int: Setting = { name: 'some.int', type: 'int', default: null }
const long: Setting = { name: 'some.long', type: 'long', default: null }

function value(setting: Setting, text: string): SettingValue {
  const parsed = parseSetting(setting, text)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.value
}

function problem(setting: Setting, text: string): string {
  const parsed = parseSetting(setting, text)
  if (parsed.ok) throw new Error(`${text} was accepted`)
  return parsed.problem
}

describe('the tables', () => {
  it('every default is a valid value of its own setting', () => {
    for (const setting of every) expect(() => defaultValue(setting), setting.name).not.toThrow()
  })

  it('no two settings share a name', () => {
    const broker = [
      ...Object.values(brokerSettings),
      ...Object.values(identitySettings),
      ...brokerWideSettings,
    ]
    const names = broker.map((setting) => setting.name)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
    expect(topicSettingByName.size).toBe(Object.keys(topicSettings).length + keptTopicSettings.length + 1)
  })

  it('a number below its minimum or above its maximum is refused with that limit', () => {
    for (const setting of every) {
      if (setting.shape !== undefined) continue
      if (setting.min !== undefined)
        expect(problem(setting, String(setting.min - 1))).toContain(String(setting.min))
      if (setting.max !== undefined)
        expect(problem(setting, String(setting.max + 1))).toContain(String(setting.max))
    }
  })

  it('a string that is not allowed is refused with all that are', () => {
    for (const setting of every) {
      for (const allowed of setting.oneOf ?? []) expect(problem(setting, 'neither')).toContain(allowed)
    }
  })
})

describe('values', () => {
  it('whole numbers within the type are read exactly, and outside refused', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 66n), 2n ** 66n), (n) => {
        expect(parseSetting(int, ` ${n} `).ok).toBe(n >= -(2n ** 31n) && n < 2n ** 31n)
        expect(parseSetting(long, `${n}`).ok).toBe(n >= -(2n ** 63n) && n < 2n ** 63n)
        if (n >= -(2n ** 63n) && n < 2n ** 63n) expect(value(long, `${n}`)).toBe(Number(n))
      }),
    )
  })

  it('what is no number is refused in one sentence with name and value', () => {
    for (const text of ['', 'abc', '1.5', '1e3', '0x10', '1 000', '١']) {
      expect(problem(int, text)).toBe(`some.int=${text} is not valid: it must be a whole number (int).`)
    }
  })

  it('booleans are true or false in any case, and nothing else', () => {
    const flag: Setting = { name: 'some.flag', type: 'boolean', default: null }
    expect([value(flag, 'TRUE'), value(flag, ' false ')]).toEqual([true, false])
    for (const text of ['', '1', 'yes', 'on']) expect(problem(flag, text)).toContain('true or false')
  })

  it('lists are trimmed, without empty entries and without repeats', () => {
    const list: Setting = { name: 'some.list', type: 'list', default: null }
    expect(value(list, ' a, b ,,a,')).toEqual(['a', 'b'])
    expect(value(list, '')).toEqual([])
  })

  it('throttled replicas are a star or pairs of numbers', () => {
    const throttled = topicSettingByName.get('leader.replication.throttled.replicas')!
    expect(value(throttled, '*')).toEqual(['*'])
    expect(value(throttled, '0:1, 1:2')).toEqual(['0:1', '1:2'])
    expect(problem(throttled, '0-1')).toContain('partition:broker')
  })
})
