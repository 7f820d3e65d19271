/** Levels of features, changed for the whole cluster while it runs (UpdateFeatures, KIP-584): all that are asked for, or none. */
import type { ErrorName } from '../../../protocol/errors.ts'
import { finalizedLevel, supportedFeatures } from '../metadata/features.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'

export type UpgradeType = 'upgrade' | 'downgrade'

export interface FeatureUpdate {
  readonly name: string
  readonly level: number
  /** undefined: of a kind nobody knows. */
  readonly type: UpgradeType | undefined
}

export type FeaturesUpdated = (error: ErrorName, message: string | null) => void

export function updateFeatures(
  controller: Controller,
  request: { readonly updates: readonly FeatureUpdate[]; readonly validateOnly: boolean },
  done: FeaturesUpdated,
): void {
  const { updates, validateOnly } = request
  if (new Set(updates.map(({ name }) => name)).size < updates.length) return done('INVALID_REQUEST', 'A feature is named twice.')
  for (const update of updates) {
    const message = updateError(controller, update)
    if (message !== undefined) return done(update.type === undefined ? 'INVALID_REQUEST' : 'INVALID_UPDATE_VERSION', message)
  }
  const records = updates.map(({ name, level }): MetadataRecord => ({ kind: 'feature-level', name, level }))
  if (validateOnly || records.length === 0) return done('NONE', null)
  controller.propose(records, (committed) => done(committed ? 'NONE' : 'NOT_CONTROLLER', null))
  return undefined
}

function updateError({ image }: Controller, { name, level, type }: FeatureUpdate): string | undefined {
  if (type === undefined) return `The upgrade type for feature ${name} is unknown.`
  const feature = supportedFeatures.find((each) => each.name === name)
  if (feature === undefined) return `Feature ${name} is not supported.`
  const { minLevel, maxLevel } = feature
  if (level < minLevel || level > maxLevel) return `Feature ${name} has levels ${minLevel} to ${maxLevel}, not ${level}.`
  const current = finalizedLevel(image.features, feature)
  if (level < current && type === 'upgrade') return `Feature ${name} is at level ${current}: to go down to ${level} is a downgrade.`
  if (level > current && type === 'downgrade') return `Feature ${name} is at level ${current}: to go up to ${level} is no downgrade.`
  return undefined
}
