/**
 * Patterns of topic names as consumers send them (KIP-848), in the part of RE2's syntax that names need: literals, `.`, classes,
 * groups, `|`, `*`, `+`, `?`, `{m,n}`, anchors, and escapes. A pattern must match the whole name. It is run as a set of states,
 * in time linear in the name: a client's pattern must not be able to stop a broker.
 */

export interface TopicPattern {
  readonly matches: (name: string) => boolean
}

type Test = (code: number) => boolean

/** A state either takes one character that passes its test, or leads on to others by itself. */
interface State {
  readonly test: Test | undefined
  /** Passed only at this end of the name. */
  readonly anchor: 'start' | 'end' | undefined
  next: readonly number[]
}

const repeatsMax = 1000
const statesMax = 2000
const nestingMax = 50

class InvalidPattern extends Error {}

/** undefined: it is no pattern, or one of a kind that is not understood here. */
export function compileTopicPattern(text: string): TopicPattern | undefined {
  try {
    const compiler = new Compiler(text)
    const { states, start } = compiler.compile()
    return { matches: (name) => run(states, start, name) }
  } catch (error) {
    if (error instanceof InvalidPattern) return undefined
    throw error
  }
}

/** The last state is the one that accepts. */
function run(states: readonly State[], start: number, name: string): boolean {
  let current = reach(states, [start], { atStart: true, atEnd: name.length === 0 })
  for (let i = 0; i < name.length && current.size > 0; i++) {
    const code = name.charCodeAt(i)
    const next: number[] = []
    for (const at of current) if (states[at]!.test?.(code) === true) next.push(...states[at]!.next)
    current = reach(states, next, { atStart: false, atEnd: i === name.length - 1 })
  }
  return current.has(states.length - 1)
}

function reach(states: readonly State[], from: readonly number[], where: { readonly atStart: boolean; readonly atEnd: boolean }): Set<number> {
  const reached = new Set<number>()
  const open = [...from]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (reached.has(at)) continue
    const { test, anchor, next } = states[at]!
    const passes = anchor === undefined || (anchor === 'start' ? where.atStart : where.atEnd)
    if (!passes) continue
    reached.add(at)
    if (test === undefined) open.push(...next)
  }
  return reached
}

/** Builds the states of a piece of the pattern in front of `then`, and returns where it begins. */
type Piece = (then: number) => number

class Compiler {
  readonly #text: string
  #at = 0
  #nesting = 0
  readonly #states: State[] = []

  constructor(text: string) {
    this.#text = text
  }

  compile(): { readonly states: readonly State[]; readonly start: number } {
    const piece = this.#alternatives()
    if (this.#at < this.#text.length) throw new InvalidPattern()
    // Built from its end: what accepts comes first, and is put last.
    const accept = this.#add(undefined, [])
    const start = piece(accept)
    const last = this.#states.length - 1
    const moved = (at: number): number => (at === accept ? last : at === last ? accept : at)
    const states = this.#states.map((_, at) => {
      const { next, ...rest } = this.#states[moved(at)]!
      return { ...rest, next: next.map(moved) }
    })
    return { states, start: moved(start) }
  }

  #add(test: Test | undefined, next: readonly number[], anchor?: 'start' | 'end'): number {
    if (this.#states.length >= statesMax) throw new InvalidPattern()
    return this.#states.push({ test, anchor, next }) - 1
  }

  #peek(): string | undefined {
    return this.#text[this.#at]
  }

  #take(): string {
    const char = this.#text[this.#at++]
    if (char === undefined) throw new InvalidPattern()
    return char
  }

  #alternatives(): Piece {
    const pieces = [this.#sequence()]
    while (this.#peek() === '|') {
      this.#at++
      pieces.push(this.#sequence())
    }
    return pieces.length === 1 ? pieces[0]! : (then) => this.#add(undefined, pieces.map((piece) => piece(then)))
  }

  #sequence(): Piece {
    const pieces: Piece[] = []
    for (let char = this.#peek(); char !== undefined && char !== '|' && char !== ')'; char = this.#peek()) {
      pieces.push(this.#repeated(this.#single()))
    }
    return (then) => pieces.reduceRight((next, piece) => piece(next), then)
  }

  #single(): Piece {
    const char = this.#take()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return this.#one(this.#charClass())
      case '.':
        return this.#one((code) => code !== 10)
      case '^':
        return (then) => this.#add(undefined, [then], 'start')
      case '$':
        return (then) => this.#add(undefined, [then], 'end')
      case '\\':
        return this.#escaped()
      case '*':
      case '+':
      case '?':
        throw new InvalidPattern()
      default:
        return this.#one(same(char))
    }
  }

  #one(test: Test): Piece {
    return (then) => this.#add(test, [then])
  }

  #group(): Piece {
    if (this.#peek() === '?') {
      this.#at++
      if (this.#take() !== ':') throw new InvalidPattern()
    }
    this.#nesting++
    if (this.#nesting > nestingMax) throw new InvalidPattern()
    const piece = this.#alternatives()
    if (this.#take() !== ')') throw new InvalidPattern()
    this.#nesting--
    return piece
  }

  #escaped(): Piece {
    const char = this.#take()
    if (char === 'A') return (then) => this.#add(undefined, [then], 'start')
    if (char === 'z') return (then) => this.#add(undefined, [then], 'end')
    return this.#one(escapeTest(char))
  }

  #repeated(piece: Piece): Piece {
    const bounds = this.#bounds()
    if (bounds === undefined) return piece
    // Greed makes no difference to whether a name matches.
    if (this.#peek() === '?') this.#at++
    const { least, most } = bounds
    return (then) => {
      let next = most === Infinity ? this.#loop(piece, then) : then
      const optional = most === Infinity ? 0 : most - least
      for (let i = 0; i < optional; i++) next = this.#add(undefined, [piece(next), then])
      for (let i = 0; i < least; i++) next = piece(next)
      return next
    }
  }

  #loop(piece: Piece, then: number): number {
    const again = this.#add(undefined, [])
    this.#states[again]!.next = [piece(again), then]
    return again
  }

  #bounds(): { readonly least: number; readonly most: number } | undefined {
    const char = this.#peek()
    const simple = char === '*' ? { least: 0, most: Infinity } : char === '+' ? { least: 1, most: Infinity } : char === '?' ? { least: 0, most: 1 } : undefined
    if (simple !== undefined) this.#at++
    if (simple !== undefined || char !== '{') return simple
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#text.slice(this.#at))
    if (found === null) throw new InvalidPattern()
    this.#at += found[0].length
    const least = Number(found[1])
    const most = found[2] === undefined ? least : found[3] === '' ? Infinity : Number(found[3])
    if (least > most || least > repeatsMax || (most !== Infinity && most > repeatsMax)) throw new InvalidPattern()
    return { least, most }
  }

  #charClass(): Test {
    const negated = this.#peek() === '^'
    if (negated) this.#at++
    const tests: Test[] = []
    do tests.push(this.#classPart())
    while (this.#peek() !== ']')
    this.#at++
    return (code) => tests.some((test) => test(code)) !== negated
  }

  #classPart(): Test {
    const char = this.#take()
    if (char === '[' && this.#peek() === ':') throw new InvalidPattern()
    if (char === '\\') return escapeTest(this.#take())
    if (this.#peek() !== '-' || this.#text[this.#at + 1] === ']') return same(char)
    this.#at++
    const end = this.#take()
    const low = char.charCodeAt(0)
    const high = (end === '\\' ? this.#take() : end).charCodeAt(0)
    if (low > high) throw new InvalidPattern()
    return (code) => code >= low && code <= high
  }
}

function same(char: string): Test {
  const wanted = char.charCodeAt(0)
  return (code) => code === wanted
}

const isDigit: Test = (code) => code >= 48 && code <= 57
const isWord: Test = (code) => isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
const isSpace: Test = (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11)
const classes: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: (code) => !isDigit(code),
  w: isWord,
  W: (code) => !isWord(code),
  s: isSpace,
  S: (code) => !isSpace(code),
  n: same('\n'),
  r: same('\r'),
  t: same('\t'),
}

/** Punctuation stands for itself; a letter without a meaning is an error, as in RE2. */
function escapeTest(char: string): Test {
  const known = classes[char]
  if (known !== undefined) return known
  if (isWord(char.charCodeAt(0)) && char !== '_') throw new InvalidPattern()
  return same(char)
}
