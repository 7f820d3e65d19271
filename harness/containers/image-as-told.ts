/** `--image` and `--recipe`: what brokers in containers are made of; without it the reference broker of this checkout, built when needed. */
import type { BrokerImage } from '../run-containers.ts'
import { openDocker } from './docker.ts'
import { recipeFor } from './image-recipe.ts'
import { readRecipe } from './recipe-file.ts'
import { buildReferenceImage, requireImage } from './images.ts'

export interface ImageFlags {
  readonly image?: string
  readonly recipe?: string
}

/** Throws a UserError: the recipe is wrong, or with exit code 2 when there is no engine or no such image. */
export async function imageAsTold({ image: told, recipe: file }: ImageFlags): Promise<BrokerImage> {
  const recipe = told === undefined ? undefined : file === undefined ? recipeFor(told) : readRecipe(file)
  const docker = await openDocker()
  if (told === undefined || recipe === undefined) {
    const image = await buildReferenceImage(docker)
    return { docker, image, recipe: recipeFor(image) }
  }
  await requireImage(docker, told)
  return { docker, image: told, recipe }
}
