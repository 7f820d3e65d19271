/** `npm run defects`: brings docs/defects.md and docs/races.md up to date with the registries. */
import { writeFileSync } from 'node:fs'
import { defectsPage, renderDefectsPage } from './defects-page.ts'
import { racesPage, renderRacesPage } from './races/races-page.ts'

writeFileSync(defectsPage, renderDefectsPage())
writeFileSync(racesPage, renderRacesPage())
