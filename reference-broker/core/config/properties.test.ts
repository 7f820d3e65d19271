import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseProperties } from './properties.ts'

const cases: [claim: string, text: string, expected: Record<string, string>][] = [
  ['equals, colon and white space all separate', 'a=1\nb:2\nc 3\nd\t4', { a: '1', b: '2', c: '3', d: '4' }],
  ['white space around key and separator goes', '  a = 1\n\tb\t:\t2', { a: '1', b: '2' }],
  ['white space at the end of a value stays', 'a=1 ', { a: '1 ' }],
  ['only the first separator separates', 'a==1\nb=x:y=z', { a: '=1', b: 'x:y=z' }],
  ['comments and blank lines do not count', '# a=1\n ! b=2\n\n \t\nc=3', { c: '3' }],
  ['a comment sign inside a value is part of it', 'a=1 # not a comment', { a: '1 # not a comment' }],
  ['a backslash continues the line', 'a=1,\\\n   2,\\\r\n\t3\nb=4', { a: '1,2,3', b: '4' }],
  ['a continued line is no comment', 'a=1\\\n#2', { a: '1#2' }],
  ['a backslash before a comment ending does not continue it', '# x\\\na=1', { a: '1' }],
  ['two backslashes do not continue', 'a=1\\\\\nb=2', { a: '1\\', b: '2' }],
  ['escapes in keys and values', 'a\\=b\\:c\\ d=\\t\\n\\r\\f\\u0041\\q', { 'a=b:c d': '\t\n\r\fAq' }],
  ['a key alone has the empty value', 'a\nb=\nc :', { a: '', b: '', c: '' }],
  ['the later line wins', 'a=1\na=2', { a: '2' }],
  ['all line ends are line ends', 'a=1\rb=2\r\nc=3', { a: '1', b: '2', c: '3' }],
]

it.each(cases)('%s', (_claim, text, expected) => {
  expect(parseProperties(text)).toEqual(expected)
})

it('what is written with escapes is read back', () => {
  const escaped = (text: string): string => text.replace(/[^A-Za-z0-9]/g, (char) => hex(char))
  const hex = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  const text = fc.string({ minLength: 1, unit: 'binary' })
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key }), (entries) => {
      const lines = entries.map(([key, value]) => `${escaped(key)}=${escaped(value)}`)
      expect(Object.entries(parseProperties(lines.join('\n'))).sort()).toEqual([...entries].sort())
    }),
  )
})
