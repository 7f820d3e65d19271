/**
 * What one Kafka setting is: its name, its type, its default as Kafka writes it, and which values are
 * allowed. Reading a value never throws: what is wrong with it comes back as one sentence.
 */

/** Kafka's own type names; `int` is 32 bits, `long` is 64. */
export type SettingType = 'int' | 'long' | 'double' | 'boolean' | 'string' | 'list'

export type SettingValue = number | boolean | string | readonly string[] | null

export interface Setting {
  readonly name: string
  readonly type: SettingType
  /** As text; null means "not set". */
  readonly default: string | null
  /** Smallest and largest allowed number, both included. */
  readonly min?: number
  readonly max?: number
  /** The only allowed strings, or the only allowed entries of a list. */
  readonly oneOf?: readonly string[]
  /** What the whole text must match, with the words that tell the user. */
  readonly shape?: { readonly pattern: RegExp; readonly words: string }
}

export type Parsed =
  { readonly ok: true; readonly value: SettingValue } | { readonly ok: false; readonly problem: string }

const intLimit = 2n ** 31n
const longLimit = 2n ** 63n

/**
 * Reads one value; white space around it and around list entries does not count. Longs above 2^53 become the
 * nearest double: such values only ever mean "without limit".
 */
export function parseSetting(setting: Setting, text: string): Parsed {
  const trimmed = text.trim()
  if (setting.shape !== undefined && !setting.shape.pattern.test(trimmed))
    return wrong(setting, text, setting.shape.words)
  switch (setting.type) {
    case 'int':
      return parseWhole(setting, trimmed, intLimit)
    case 'long':
      return parseWhole(setting, trimmed, longLimit)
    case 'double':
      return parseDouble(setting, trimmed)
    case 'boolean':
      return parseBoolean(setting, trimmed)
    case 'string':
      return parseString(setting, trimmed)
    case 'list':
      return parseList(setting, trimmed)
  }
}

/** The default as a value. A default that is not valid is a mistake in the table, so it throws. */
export function defaultValue(setting: Setting): SettingValue {
  if (setting.default === null) return null
  const parsed = parseSetting(setting, setting.default)
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.value
}

/** Comma-separated entries, trimmed, without empty ones. */
export function splitList(text: string): string[] {
  const entries: string[] = []
  for (const entry of text.split(',')) {
    const trimmed = entry.trim()
    if (trimmed !== '') entries.push(trimmed)
  }
  return entries
}

function wrong(setting: Setting, text: string, must: string): Parsed {
  return { ok: false, problem: `${setting.name}=${text.trim()} is not valid: it must be ${must}.` }
}

function right(value: SettingValue): Parsed {
  return { ok: true, value }
}

function parseWhole(setting: Setting, text: string, limit: bigint): Parsed {
  if (!/^[+-]?\d+$/.test(text)) return wrong(setting, text, `a whole number (${setting.type})`)
  const exact = BigInt(text.replace('+', ''))
  if (exact >= limit || exact < -limit) {
    return wrong(setting, text, `between ${-limit} and ${limit - 1n} (${setting.type})`)
  }
  return inRange(setting, text, Number(exact))
}

function parseDouble(setting: Setting, text: string): Parsed {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) return wrong(setting, text, 'a number')
  return inRange(setting, text, value)
}

function inRange(setting: Setting, text: string, value: number): Parsed {
  const { min, max } = setting
  if (min !== undefined && max !== undefined && (value < min || value > max)) {
    return wrong(setting, text, `between ${min} and ${max}`)
  }
  if (min !== undefined && value < min) return wrong(setting, text, `at least ${min}`)
  if (max !== undefined && value > max) return wrong(setting, text, `at most ${max}`)
  return right(value)
}

function parseBoolean(setting: Setting, text: string): Parsed {
  const lower = text.toLowerCase()
  if (lower !== 'true' && lower !== 'false') return wrong(setting, text, 'true or false')
  return right(lower === 'true')
}

function parseString(setting: Setting, text: string): Parsed {
  if (setting.oneOf !== undefined && !setting.oneOf.includes(text))
    return wrong(setting, text, choices(setting.oneOf))
  return right(text)
}

function parseList(setting: Setting, text: string): Parsed {
  const entries = [...new Set(splitList(text))]
  const { oneOf } = setting
  if (oneOf !== undefined && entries.some((entry) => !oneOf.includes(entry))) {
    return wrong(setting, text, `a list of ${oneOf.join(', ')}`)
  }
  return right(entries)
}

function choices(values: readonly string[]): string {
  return `one of ${values.join(', ')}`
}
