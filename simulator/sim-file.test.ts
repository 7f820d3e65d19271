import { describe, expect, it } from 'vitest'
import { SimFile } from './sim-file.ts'
import { simRandom } from './sim-random.ts'

describe('a simulated file', () => {
  it('holds exactly its new bytes after it was replaced by fewer and the power was lost', () => {
    for (let seed = 0; seed < 20; seed++) {
      const file = new SimFile('a')
      file.replace(new Uint8Array([1, 2, 3, 4, 5]))
      file.replace(new Uint8Array([9]))
      file.losePower(simRandom(seed))
      expect([...file.read(0, file.lengthBytes)]).toEqual([9])
    }
  })
})
