/** Version ranges as descriptors write them: `'3+'`, `'2-4'`, `'0'`. */
export type Range = `${number}+` | `${number}-${number}` | `${number}`

export interface VersionRange {
  readonly min: number
  /** Infinity for an open range. */
  readonly max: number
}

/** There are few texts, and they are asked about with every message. */
const parsed = new Map<string, VersionRange>()

/** Programmer error when the text is no range. */
export function parseRange(text: string): VersionRange {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const range = readRange(text)
  parsed.set(text, range)
  return range
}

function readRange(text: string): VersionRange {
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new Error(`not a version range: ${text}`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: Infinity }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function includesVersion(text: string, version: number): boolean {
  const range = parseRange(text)
  return version >= range.min && version <= range.max
}
