/** Imports go one way: services -> adapters -> core. */
const adapters = '^packages/(config|memory|gateway|http|lmdb|redis|embedding|vector-index|runtime|telemetry|verifier)/';
const ADAPTERS = [
  'config',
  'memory',
  'gateway',
  'http',
  'lmdb',
  'redis',
  'embedding',
  'vector-index',
  'runtime',
  'telemetry',
  'verifier',
];
const tests = '\\.(test|conformance)\\.ts$|/conformance/|/testing/';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: tests },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'pre-compilation-only'] } },
    },
    {
      name: 'core-stands-alone',
      comment: 'core imports zod and node: only',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: tests },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        pathNot: 'node_modules/(\\.pnpm/)?zod',
      },
    },
    {
      name: 'core-knows-no-adapter',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: `${adapters}|^services/` },
    },
    {
      name: 'dialects-are-pure',
      comment: 'translations know core and zod, and no adapter',
      severity: 'error',
      from: { path: '^packages/dialects/src', pathNot: tests },
      to: { path: `${adapters}|^services/` },
    },
    {
      name: 'batch-knows-no-adapter',
      comment: 'batches know core, and whoever answers their lines is handed to them',
      severity: 'error',
      from: { path: '^packages/batch/src', pathNot: tests },
      to: { path: `${adapters}|^services/` },
    },
    {
      name: 'only-services-know-wiring',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/wiring/' },
      to: { path: '^packages/wiring/' },
    },
    {
      name: 'only-services-know-the-dashboard',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/dashboard/' },
      to: { path: '^packages/dashboard/' },
    },
    {
      name: 'the-page-knows-types-alone',
      comment: 'what runs in a browser takes nothing of the house but types; its build refuses it, too, of components',
      severity: 'error',
      from: { path: '^packages/dashboard/' },
      to: { path: '^packages/', pathNot: '^packages/dashboard/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-page-knows-no-node',
      severity: 'error',
      from: { path: '^packages/dashboard/web/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'adapters-know-no-service', severity: 'error', from: { path: '^packages/' }, to: { path: '^services/' } },
    {
      name: 'services-know-no-service',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    ...ADAPTERS.map((name) => ({
      name: `${name}-knows-no-other-adapter`,
      severity: 'error',
      from: { path: `^packages/${name}/src`, pathNot: tests },
      to: { path: adapters, pathNot: `^packages/${name}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The parser reads no JSX.
    exclude: { path: '(^|/)dist/|\\.tsx$' },
    parser: 'swc',
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      conditionNames: ['nearhit-source', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
