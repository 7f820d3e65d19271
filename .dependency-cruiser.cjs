// The import rules of ARCHITECTURE.md, checked. Each room may import what `may` lists, and nothing else of ours.
const rooms = ['protocol', 'history', 'ports', 'reference-broker', 'simulator', 'workloads', 'nemesis', 'checkers', 'reports', 'harness']

const may = {
  '^protocol/': ['protocol/'],
  '^history/': ['history/'],
  '^ports/': ['ports/'],
  '^reference-broker/core/': ['reference-broker/core/', 'protocol/', 'ports/'],
  '^reference-broker/shell/': ['reference-broker/shell/', 'reference-broker/core/', 'protocol/', 'ports/'],
  '^reference-broker/defects/': ['reference-broker/defects/', 'reference-broker/core/'],
  '^simulator/': ['simulator/', 'reference-broker/core/', 'reference-broker/defects/', 'ports/', 'protocol/', 'history/', 'workloads/', 'nemesis/', 'checkers/'],
  '^workloads/': ['workloads/', 'history/', 'protocol/', 'ports/'],
  '^nemesis/': ['nemesis/', 'history/', 'protocol/', 'ports/'],
  '^checkers/': ['checkers/', 'history/'],
  '^reports/': ['reports/', 'history/', 'checkers/'],
}

const tests = '[.]test[.]ts$'

module.exports = {
  forbidden: [
    ...Object.entries(may).map(([from, allowed]) => ({
      name: `imports of ${from.slice(1)}`,
      severity: 'error',
      comment: 'See "Import rules" in ARCHITECTURE.md.',
      from: { path: from, pathNot: tests },
      to: { path: `^(${rooms.join('|')})/`, pathNot: `^(${allowed.join('|')})` },
    })),
    {
      name: 'pure rooms do no I/O',
      severity: 'error',
      comment: 'Only ports/node, the shell and the harness may touch Node; zlib and Buffer are pure functions.',
      from: {
        path: '^(protocol|history|reference-broker/core|reference-broker/defects|simulator|workloads|nemesis|checkers|reports)/',
        pathNot: `${tests}|^simulator/worker[.]ts$`,
      },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(zlib|buffer)$' },
    },
    { name: 'nobody imports the harness', severity: 'error', from: { pathNot: '^harness/' }, to: { path: '^harness/' } },
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'no orphans',
      severity: 'error',
      from: { orphan: true, pathNot: `${tests}|/main[.]ts$|^harness/(cli|build|write-readme|write-verdicts|defect-broker|apache-kafka/fetch)[.]ts$|^[^/]+[.]config[.]` },
      to: {},
    },
    { name: 'not resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Scripts of k6, whose modules are inside k6; tsc checks them with its types.
    exclude: { path: '^workloads/k6/' },
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc',
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.cjs', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
