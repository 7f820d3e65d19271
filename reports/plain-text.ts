/**
 * Text for terminals: what a run recorded may hold anything (broker messages, record values), so every string that
 * reaches a terminal goes through `cleanLine`. Nothing here knows what a verdict is.
 */

const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu
const zeroWidth = /\p{M}/u
/** Hangul, CJK, kana and fullwidth forms; emoji and the ideographic planes. */
const doubleWidth =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[\u{1f300}-\u{3fffd}]/u

/** The text on one line, with every control, format and unpaired surrogate character written as `\u{1b}`. */
export function cleanLine(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** Terminal cells of one character: 0 for a combining mark, 2 for East Asian wide and emoji, else 1. */
function cellsOf(character: string): number {
  if (character < '\u0300') return 1
  if (zeroWidth.test(character)) return 0
  return doubleWidth.test(character) ? 2 : 1
}

/** Terminal cells that a clean line takes. */
export function textWidth(text: string): number {
  let cells = 0
  for (const character of text) cells += cellsOf(character)
  return cells
}

/** At most `width` cells; what is cut off is marked with `…`. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let kept = ''
  let cells = 1
  for (const character of text) {
    cells += cellsOf(character)
    if (cells > width) break
    kept += character
  }
  return `${kept}…`
}

export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const filling = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + filling : filling + text
}

/** Cuts a word that is wider than a line into pieces that fit. */
function splitWord(word: string, width: number): string[] {
  if (textWidth(word) <= width) return [word]
  const pieces: string[] = []
  let piece = ''
  let cells = 0
  for (const character of word) {
    const more = cellsOf(character)
    if (cells + more > width && piece !== '') {
      pieces.push(piece)
      piece = ''
      cells = 0
    }
    piece += character
    cells += more
  }
  pieces.push(piece)
  return pieces
}

/** Breaks text into lines of at most `columns` cells, `first` and `rest` (before the others) counted in. */
export function wrap(text: string, columns: number, indent: { first: string; rest: string }): string[] {
  const room = Math.max(2, columns - Math.max(textWidth(indent.first), textWidth(indent.rest)))
  const lines: string[] = []
  let line = ''
  let cells = 0
  for (const word of cleanLine(text).split(/ +/).flatMap((word) => splitWord(word, room))) {
    const more = textWidth(word)
    if (line !== '' && cells + 1 + more > room) {
      lines.push(line)
      line = word
      cells = more
    } else {
      cells += line === '' ? more : 1 + more
      line = line === '' ? word : `${line} ${word}`
    }
  }
  lines.push(line)
  return lines.map((line, at) => (at === 0 ? indent.first : indent.rest) + line)
}
