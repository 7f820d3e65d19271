/**
 * Java's properties syntax, as server.properties is written: `#` and `!` comments, `=`, `:` or white space
 * between key and value, backslash escapes, and lines that go on after a backslash. A later line wins over an
 * earlier one.
 * Source: the documentation of java.util.Properties.load.
 */

/** Reads a whole file. Every text has a meaning in this syntax, so nothing is ever refused here. */
export function parseProperties(text: string): Record<string, string> {
  const properties: [string, string][] = []
  for (const line of logicalLines(text)) {
    const keyEnd = endOfKey(line)
    properties.push([unescape(line.slice(0, keyEnd)), unescape(line.slice(startOfValue(line, keyEnd)))])
  }
  return Object.fromEntries(properties)
}

function logicalLines(text: string): string[] {
  const lines: string[] = []
  let open: string | null = null
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line: string = natural.replace(/^[ \t\f]+/, '')
    if (open === null && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue
    const goesOn = endsWithOpenBackslash(line)
    const joined: string = (open ?? '') + (goesOn ? line.slice(0, -1) : line)
    if (goesOn) {
      open = joined
    } else {
      if (joined !== '') lines.push(joined)
      open = null
    }
  }
  if (open !== null && open !== '') lines.push(open)
  return lines
}

/** An even number of backslashes at the end is that many halves of escaped backslashes. */
function endsWithOpenBackslash(line: string): boolean {
  const backslashes = /\\*$/.exec(line)![0]
  return backslashes.length % 2 === 1
}

function endOfKey(line: string): number {
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '\\') i++
    else if (/[=: \t\f]/.test(line[i]!)) return i
  }
  return line.length
}

/** Skips white space, at most one separator, and white space again. */
function startOfValue(line: string, keyEnd: number): number {
  const between = /^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(keyEnd))![0]
  return keyEnd + between.length
}

const named: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(
    /\\(?:u([\dA-Fa-f]{4})|([\s\S]?))/g,
    (_match, hex: string | undefined, char: string | undefined) =>
      hex === undefined ? (named[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
