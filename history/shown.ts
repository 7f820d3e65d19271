/** A value as a few characters of JSON, for error sentences; never throws, whatever a history contains. */
export function shown(value: unknown): string {
  let text: string
  try {
    text = JSON.stringify(value) ?? 'nothing'
  } catch {
    return 'something nested too deeply'
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
