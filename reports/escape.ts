/** One function for each place where text of a run ends up; none of them ever throws, whatever the text holds. */

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe as HTML text and inside a quoted attribute. NUL, which HTML has no way to write, becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\0', '\uFFFD')
    .replace(/[&<>"']/g, (character) => htmlEntities[character]!)
}

/** Not among the characters of XML 1.0 section 2.2. */
const notXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** Safe as XML 1.0 text and inside a quoted attribute; characters XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(notXml, '\uFFFD')
    .replace(/[&<>"']/g, (character) => htmlEntities[character]!)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Safe as inline Markdown (GitHub's), also in a table cell: one line, no markup, no HTML, no mention, no link. */
export function escapeMarkdown(text: string): string {
  return text
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .replace(/[&<>]/g, (character) => htmlEntities[character]!)
    .replace(/[\\`*_{}[\]()#+!|~$]/g, String.raw`\$&`)
    .replace(/@/g, '@\u200B')
    .replace(/(https?|ftp|www)([:.])/gi, '$1\u200B$2')
}

/** A fenced block that its content cannot leave. */
export function fencedBlock(text: string, language = ''): string {
  const runs = text.match(/`+/g) ?? []
  const longest = runs.reduce((most, run) => Math.max(most, run.length), 2)
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text.toWellFormed()}\n${fence}`
}

/** JSON that can stand inside a `<script>` element: no character of it can begin a tag or a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('>', String.raw`\u003e`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
}

/** JavaScript source that can stand inside a `<script>` element; `</script` inside its strings keeps its meaning. */
export function scriptSource(source: string): string {
  return source.replace(/<\/(script)/gi, String.raw`<\/$1`).replaceAll('<!--', String.raw`<\!--`)
}

/** A value of unknown shape in at most `limit` characters; never throws. */
export function compactJson(value: unknown, limit = 160): string {
  if (value === undefined) return ''
  const plain = (_: string, inner: unknown): unknown => (typeof inner === 'bigint' ? String(inner) : inner)
  let text: string
  try {
    text = JSON.stringify(value, plain) ?? typeof value
  } catch {
    text = '(cannot be shown)'
  }
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`
}
