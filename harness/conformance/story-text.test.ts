import { describe, expect, it } from 'vitest'
import { parseStories, stepText, tellStories } from './story-text.ts'

const text = `# First.
# Goes on.

> Metadata 12 {"topics":null}
< "old"

# Second.

> Fetch 4 @other {"topics":[]}
`

describe('the text of stories', () => {
  it('has a story after every remark, with its steps', () => {
    const [first, second] = parseStories(text)
    expect(first).toEqual({ name: 'First.', steps: [{ api: 'Metadata', version: 12, body: { topics: null } }] })
    expect(second).toEqual({ name: 'Second.', steps: [{ api: 'Fetch', version: 4, connection: 'other', body: { topics: [] } }] })
    expect([first, second].flatMap((story) => story!.steps.map(stepText))).toEqual(text.split('\n').filter((line) => line.startsWith('>')))
  })

  it('is told with answers in the place of those it had', () => {
    const told = tellStories(text, [{ a: 1 }, 'closed'])
    expect(told).toBe(text.replace('< "old"', '< {"a":1}').replace('{"topics":[]}\n', '{"topics":[]}\n< "closed"\n'))
    expect(tellStories(told, [{ a: 1 }, 'closed'])).toBe(told)
  })

  it('is refused where a line is none of its own', () => {
    expect(() => parseStories('# a\n> Nothing 1 {}')).toThrow('this is no step')
    expect(() => parseStories('# a\nwords')).toThrow('this is no line of a story')
  })
})
