/**
 * Which file names a Disk takes. Both twins ask here, so that what is refused is refused in the simulator
 * too.
 */

/** Suffix of the half-written file behind `replace`; it never shows in a listing. */
export const replacingSuffix = '.replacing'

/** Undefined when `file` is a path below the data directory, else the reason to refuse it. */
export function refusedPath(file: string): string | undefined {
  if (file.endsWith(replacingSuffix)) return `EINVAL: reserved file name '${file}'`
  if (file.includes('\0') || file.includes('\\')) return `EINVAL: bad character in file name '${file}'`
  for (const part of file.split('/')) {
    if (part === '' || part === '.' || part === '..') return `EINVAL: '${file}' is not below the data directory`
  }
  return undefined
}
