import { expect, it } from 'vitest'
import { parseArguments, type Arguments } from './arguments.ts'

function run(...argv: string[]): Arguments {
  const parsed = parseArguments(argv)
  if (parsed.kind !== 'run') throw new Error(parsed.kind)
  return parsed.arguments
}

it('nothing at all is a run with what the configuration says', () => {
  expect(run()).toEqual({ configFile: null, overrides: {}, logLevel: 'info' })
})

it('overrides are split at the first equals sign, and the last of a name wins', () => {
  const { overrides } = run('--override', 'a=1', '--override=b=x=y', '--override', 'c=', '--override', 'a=2')
  expect(overrides).toEqual({ a: '2', b: 'x=y', c: '' })
})

it('file and level are read', () => {
  expect(run('--config', 'f', '--log-level', 'debug')).toMatchObject({ configFile: 'f', logLevel: 'debug' })
})

it('help is help', () => {
  expect(parseArguments(['--help']).kind).toBe('help')
})

it.each([
  [['--confg', 'f'], '--confg'],
  [['--config'], '--config'],
  [['server.properties'], 'server.properties'],
  [['--override', 'novalue'], 'NAME=VALUE'],
  [['--override', '=v'], 'NAME=VALUE'],
  [['--log-level', 'loud'], 'debug, info, warn, error'],
])('%j is refused in one sentence', (argv, words) => {
  const parsed = parseArguments(argv)
  const problem = parsed.kind === 'wrong' ? parsed.problem : ''
  expect(problem).toContain(words)
  expect(problem).toMatch(/^[^\n]*\.$/)
})
