/** `npm run defects`: brings docs/defects.md up to date with the registry. */
import { writeFileSync } from 'node:fs'
import { defectsPage, renderDefectsPage } from './defects-page.ts'

writeFileSync(defectsPage, renderDefectsPage())
