/** `--image`: what brokers in containers are made of; without it the reference broker of this checkout, built when needed. */
import type { BrokerImage } from '../run-containers.ts'
import { openDocker } from './docker.ts'
import { recipeFor } from './image-recipe.ts'
import { buildReferenceImage, requireImage } from './images.ts'

/** Throws a UserError, exit code 2, when there is no engine or no such image. */
export async function imageAsTold(told: string | undefined): Promise<BrokerImage> {
  const docker = await openDocker()
  if (told === undefined) {
    const image = await buildReferenceImage(docker)
    return { docker, image, recipe: recipeFor(image) }
  }
  const recipe = recipeFor(told)
  await requireImage(docker, told)
  return { docker, image: told, recipe }
}
