import { expect, it } from 'vitest'
import { refusePlatform } from './platform.ts'

it('Linux and macOS with Node 24 or newer are fine', () => {
  for (const platform of ['linux', 'darwin']) {
    for (const version of ['24.0.0', '25.1.0', '100.0.0'])
      expect(refusePlatform(platform, version)).toBeNull()
  }
})

it('another system and an older Node are refused in one sentence that names them', () => {
  expect(refusePlatform('win32', '24.0.0')).toMatch(/^Tribunal .*win32.*\.$/)
  for (const version of ['23.11.1', '9.0.0', 'unknown']) {
    expect(refusePlatform('linux', version)).toBe(`Tribunal needs Node 24 or newer; this is Node ${version}.`)
  }
})
