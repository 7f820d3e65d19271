/** What only a load run can find, beside what the checkers find. */
export const loadAnomalies: readonly { readonly name: string; readonly describes: string }[] = [
  { name: 'unbacked-ack', describes: 'The load tool was told of an acknowledgement that the history does not have.' },
  { name: 'unreported-ack', describes: 'The history has an acknowledgement of which the load tool was told otherwise.' },
  { name: 'miscounted', describes: 'The counters of the load tool are not those of its own samples.' },
  { name: 'slo-missed', describes: 'A service level objective was not reached.' },
]
