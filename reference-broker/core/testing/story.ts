/**
 * Golden stories: text files of prose, commands and their exact outcome, after etcd raft's. A line that starts with `#` is
 * prose; other lines up to `----` are commands, one a line; what follows up to the next empty line is what they printed.
 * Here a story is taken apart and told again with what the commands print now; whether that is the same text is the
 * caller's to compare.
 */

export interface StoryLine {
  readonly name: string
  /** Words without `=`. */
  readonly words: readonly string[]
  /** Words of the form `key=value`. */
  readonly options: ReadonlyMap<string, string>
}

interface StoryBlock {
  readonly prose: readonly string[]
  readonly commands: readonly string[]
}

/** Runs one command and returns what it prints, without the last line end. Throws on a command it cannot understand. */
export type StoryCommands = (line: StoryLine) => string

/** The story with what its commands print now. Throws, naming the line, when a command cannot be understood. */
export function tellStory(text: string, run: StoryCommands): string {
  const told = storyBlocks(text).map(({ prose, commands }) => {
    if (commands.length === 0) return prose
    const printed = commands.map((command) => printedBy(command, run)).filter((output) => output !== '')
    return [...prose, ...commands, '----', ...printed]
  })
  return `${told.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function printedBy(command: string, run: StoryCommands): string {
  try {
    return run(parseLine(command))
  } catch (error) {
    throw new Error(`"${command}": ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

export function parseLine(command: string): StoryLine {
  const [name = '', ...rest] = command.split(/\s+/)
  const isOption = (word: string): boolean => /^[a-z][a-zA-Z0-9.-]*=/.test(word)
  const options = rest.filter(isOption).map((word): [string, string] => {
    const at = word.indexOf('=')
    return [word.slice(0, at), word.slice(at + 1)]
  })
  return { name, words: rest.filter((word) => !isOption(word)), options: new Map(options) }
}

function storyBlocks(text: string): StoryBlock[] {
  const blocks: StoryBlock[] = []
  for (const paragraph of text.split(/\n\s*\n/)) {
    const lines = paragraph.split('\n').filter((line) => line.trim() !== '')
    const cut = lines.indexOf('----')
    const asked = cut < 0 ? lines : lines.slice(0, cut)
    const prose = asked.filter((line) => line.startsWith('#'))
    const commands = asked.filter((line) => !line.startsWith('#'))
    if (asked.length > 0) blocks.push({ prose, commands })
  }
  return blocks
}
