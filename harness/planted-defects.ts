/** The planted defects, where there are any: they come with the checkout, and are in no package and in no image. */
import type { Decisions } from '../reference-broker/core/decisions.ts'
import type { Defect } from '../reference-broker/defects/defect.ts'
import { isCheckout } from './checkout.ts'
import { UserError } from './exit-codes.ts'

const registry = isCheckout ? await import('../reference-broker/defects/registry.ts') : undefined

/** By name; empty in an installed package. */
export const defects: Readonly<Record<string, Defect>> = registry?.defects ?? {}

/** Throws a UserError where the checkout would be needed, whatever was asked of defects. */
export function requireDefects(): void {
  if (!isCheckout) throw new UserError('Defects come with a checkout of Tribunal; an installed package has none.')
}

/** Throws a UserError when there is no defect of that name. */
export function requireDefect(name: string): void {
  requireDefects()
  if (!Object.hasOwn(defects, name)) throw new UserError(`There is no defect ${name}; tribunal list defects names them.`)
}

/** The sound decisions with that one overridden; for names that are there. */
export function withDefect(name: string): Decisions {
  return registry!.withDefect(name)
}
