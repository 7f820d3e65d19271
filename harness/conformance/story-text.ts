/**
 * Stories as text: what was asked and what was answered, to be read by people and checked by a test.
 *
 *     # What the story shows.
 *
 *     > CreateTopics 7 @second {"topics": [...]}
 *     < {"topics": [...]}
 *
 * A file holds several stories; each begins with its remark and has names of its own. A step is one line: API, version,
 * connection (when it is not the main one), body; the line after it is the normalised answer.
 */
import { apis, type ApiName } from '../../protocol/apis.ts'
import type { Answer, JsonObject, Step } from './step.ts'

export interface Story {
  /** What it shows: the first line of its remark. */
  readonly name: string
  readonly steps: readonly Step[]
}

const stepLine = /^> (\w+) (\d+)(?: @(\w+))? (\{.*\})$/

/** Programmer error when a line is neither step nor answer nor remark. */
export function parseStories(text: string): Story[] {
  const stories: { name: string; steps: Step[] }[] = []
  let isRemark = false
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) {
      if (!isRemark) stories.push({ name: line.replace(/^# */, ''), steps: [] })
    } else if (line.startsWith('>')) stories.at(-1)?.steps.push(parseStep(line))
    else if (line !== '' && !line.startsWith('<')) throw new Error(`this is no line of a story: ${line}`)
    isRemark = line.startsWith('#')
  }
  return stories
}

function parseStep(line: string): Step {
  const [, api, version, connection, body] = stepLine.exec(line) ?? []
  if (api === undefined || !(api in apis)) throw new Error(`this is no step: ${line}`)
  const step = { api: api as ApiName, version: Number(version), body: JSON.parse(body!) as JsonObject }
  return connection === undefined ? step : { ...step, connection }
}

/** The same text with these answers, step by step through the whole file, in the place of its own. */
export function tellStories(text: string, answers: readonly Answer[]): string {
  let at = 0
  const lines = text.split('\n').filter((line) => !line.startsWith('<'))
  return lines.flatMap((line) => (line.startsWith('>') ? [line, answerText(answers[at++]!)] : [line])).join('\n')
}

export function stepText({ api, version, connection, body }: Step): string {
  return `> ${api} ${version}${connection === undefined ? '' : ` @${connection}`} ${JSON.stringify(body)}`
}

export function answerText(answer: Answer): string {
  return `< ${JSON.stringify(answer)}`
}
