/** The stories that come with Tribunal. Their answers are Apache Kafka's; our broker must give the same. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../checkout.ts'
import { parseStories, type Story } from './story-text.ts'

export const storyFolder: string = join(root, 'harness', 'conformance', 'stories')

export function storyFiles(): string[] {
  return readdirSync(storyFolder).filter((file) => file.endsWith('.txt')).sort()
}

export function readStories(): Story[] {
  return storyFiles().flatMap((file) => parseStories(readFileSync(join(storyFolder, file), 'utf8')))
}
