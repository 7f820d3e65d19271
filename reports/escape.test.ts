import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compactJson, escapeHtml, escapeMarkdown, escapeXml, fencedBlock, scriptJson, scriptSource } from './escape.ts'
import { hostileText } from './testing/arbitraries.ts'

describe('escaping', () => {
  test('HTML and XML text holds no character that could end it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/)
        expect(escapeXml(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39|#9|#10|#13);)/)
      }),
    )
  })

  test('XML text holds only characters that XML 1.0 allows', () => {
    expect(escapeXml('a\0\u001B\uFFFE\uD800b')).toBe('a\uFFFD\uFFFD\uFFFD\uFFFDb')
  })

  test('embedded JSON reads back as it was and holds no angle bracket', () => {
    fc.assert(
      fc.property(fc.jsonValue(), hostileText, (value, text) => {
        const json = scriptJson({ value, text })
        expect(json).not.toMatch(/[<>\u2028\u2029]/)
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ value, text })))
      }),
    )
  })

  test('library source cannot close its element and still means the same', () => {
    const source = 'result = "</script><!-- </SCRIPT" + `</script>`'
    const embedded = scriptSource(source)
    expect(embedded).not.toMatch(/<\/script|<!--/i)
    const context = { result: '' }
    runInNewContext(embedded, context)
    expect(context.result).toBe('</script><!-- </SCRIPT</script>')
  })

  test('Markdown text stays one table cell without markup', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const escaped = escapeMarkdown(text)
        expect(escaped).not.toMatch(/[\n\r<>]/)
        expect(escaped.replace(/\\[\\`*_{}[\]()#+!|~$]/g, '')).not.toMatch(/[\\`*_{}[\]()#+!|~$]/)
      }),
    )
  })

  test('a fenced block is not ended by its content', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('`', '```', '\n', 'x', '````'), { maxLength: 20 }), (pieces) => {
        const [first = '', ...rest] = fencedBlock(pieces.join(''), 'text').split('\n')
        const fence = first.replace('text', '')
        expect(rest.at(-1)).toBe(fence)
        expect(rest.slice(0, -1).filter((line) => line.trim().startsWith(fence))).toEqual([])
      }),
    )
  })

  test('a value of any shape is shown within its limit', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    expect(compactJson(circular)).toBe('(cannot be shown)')
    expect(compactJson({ n: 10n })).toBe('{"n":"10"}')
    expect(compactJson('x'.repeat(500), 20)).toHaveLength(20)
    fc.assert(fc.property(fc.anything({ withBigInt: true }), (value) => compactJson(value).length <= 160))
  })
})
