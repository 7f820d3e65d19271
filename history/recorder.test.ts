import { expect, it } from 'vitest'
import type { Op } from './op.ts'
import { Recorder } from './recorder.ts'

it('the recorder numbers ops, gives them nanoseconds since it began, and tells its listeners', () => {
  let nowMs = 1000.5
  const recorder = new Recorder(() => nowMs)
  const heard: Op[] = []
  recorder.record({ process: 0, type: 'invoke', f: 'poll', value: null })
  recorder.listen(op => heard.push(op))
  nowMs = 1002
  const done = recorder.record({ process: 0, type: 'ok', f: 'poll', value: [], client: 'c' })
  expect(recorder.ops.map(({ index, time }) => [index, time])).toEqual([[0, 0], [1, 1.5e6]])
  expect(heard).toEqual([done])
  expect(done).toMatchObject({ process: 0, type: 'ok', f: 'poll', value: [], client: 'c' })
})
