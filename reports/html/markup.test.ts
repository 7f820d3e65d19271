import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileText } from '../testing/arbitraries.ts'
import { readMarkup } from '../testing/markup-check.ts'
import { html, Markup } from './markup.ts'

describe('an html template', () => {
  test('takes text as text, in elements and in attributes', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { text: built } = html`<p title="${text}">${text}</p>`
        expect(readMarkup(built).map(({ name }) => name)).toEqual(['p'])
      }),
    )
    expect(html`<p>${'a < b'} ${7}</p>`.text).toBe('<p>a &lt; b 7</p>')
  })

  test('takes markup and lists of it as they are', () => {
    expect(html`<ul>${['a', '<'].map((item) => html`<li>${item}</li>`)}</ul>`.text).toBe('<ul><li>a</li><li>&lt;</li></ul>')
    expect(html`<p>${new Markup('<b>x</b>')}</p>`.text).toBe('<p><b>x</b></p>')
  })
})
