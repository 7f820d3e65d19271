/** Reads markup strictly, so that tests can say that it is well formed: every element closed in order. */

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Text directly inside, entities as written. */
  text: string
}

const token = /<!--[^]*?-->|<[!?][^>]*>|<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>|[^<]+|</g
const attribute = /([\w:-]+)(?:="([^"<]*)")?/g
const rawText = /(?<=<(script|style)\b[^>]*>)[^]*?(?=<\/\1>)/g

/** All elements in document order; throws at the first thing that does not fit. `voids` have no end tag. */
export function readMarkup(markup: string, voids: readonly string[] = []): Element[] {
  const elements: Element[] = []
  const open: Element[] = []
  for (const [text, closing, name, attributes = '', selfClosing] of markup.matchAll(token)) {
    if (text === '<') throw new Error('a stray <')
    if (name === undefined) {
      const inside = open.at(-1)
      if (!text.startsWith('<') && inside !== undefined) inside.text += text
    } else if (closing === '/') {
      const last = open.pop()
      if (last?.name !== name) throw new Error(`</${name}> closes ${last?.name}`)
    } else {
      const pairs = [...attributes.matchAll(attribute)].map(([, key = '', value = '']) => [key, value] as const)
      const element = { name, attributes: Object.fromEntries(pairs), text: '' }
      elements.push(element)
      if (selfClosing !== '/' && !voids.includes(name)) open.push(element)
    }
  }
  if (open.length > 0) throw new Error(`${open.at(-1)!.name} is never closed`)
  return elements
}

/** As `readMarkup`, for HTML: what scripts and styles hold is taken out and returned beside the elements. */
export function readHtml(markup: string): { elements: Element[]; raw: string[] } {
  const raw: string[] = []
  const bare = markup.replace(rawText, (inside) => {
    raw.push(inside)
    return ''
  })
  return { elements: readMarkup(bare, ['meta']), raw }
}
