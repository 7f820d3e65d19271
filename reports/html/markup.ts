/** HTML that can only be built escaped: text put into an `html` template is text, whatever it holds. */
import { escapeHtml } from '../escape.ts'

/** A finished piece of HTML. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Fragment = string | number | Markup | readonly Markup[]

export const nothing: Markup = new Markup('')

/** A template whose strings and numbers are escaped, also inside quoted attributes; markup goes in as it is. */
export function html(parts: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  return new Markup(parts.reduce((text, part, at) => text + render(values[at - 1]!) + part))
}

function render(value: Fragment): string {
  if (value instanceof Markup) return value.text
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return value.map(({ text }) => text).join('')
}
