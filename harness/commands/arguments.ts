/** Values of flags, each refused with a sentence that says what it takes. */
import { InvalidArgumentError, Option } from 'commander'
import { requireAnomaly } from '../known-names.ts'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `1500ms`, `2m`, `7d`: milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  const ms = match === null ? 0 : Number(match[1]) * units[match[2]!]!
  if (ms <= 0) throw new InvalidArgumentError('Give a duration such as 60s, 1500ms or 2m.')
  return ms
}

/** With a default, which the help tells as it would be given. */
export function durationOption(flags: string, description: string, byDefault: string): Option {
  return new Option(flags, description).argParser(parseDuration).default(parseDuration(byDefault), byDefault)
}

export function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('Give a whole number from 1.')
  return count
}

export function parseSeed(text: string): number {
  const seed = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) throw new InvalidArgumentError('Give a whole number from 0.')
  return seed
}

export function parseRate(text: string): number {
  const rate = Number(text)
  if (!(rate > 0) || !Number.isFinite(rate)) throw new InvalidArgumentError('Give a number of records a second, above 0.')
  return rate
}

export function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError('Give a port from 1 to 65535.')
  return port
}

/** `transaction.version=1`, beside those given before. */
export function parseFeature(text: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const match = /^([a-z.]+)=(\d+)$/.exec(text)
  if (match === null) throw new InvalidArgumentError('Give a feature and its level, as in transaction.version=1.')
  return { ...before, [match[1]!]: Number(match[2]) }
}

/** An anomaly or an issue, beside those given before. Throws a UserError. */
export function parseAccepted(text: string, before: readonly string[] = []): readonly string[] {
  requireAnomaly(text)
  return [...before, text]
}

/** `name=value`, beside those given before. */
export function parseOverride(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Give a setting and its value, as in min.insync.replicas=1.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
