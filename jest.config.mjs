import { availableParallelism } from 'node:os';

/** Sources run as they are; what is imported by a package's name is read as one module (scripts/test-modules.mjs). */
export default {
  // Most tests wait for sockets and processes: a worker per core would leave the cores idle.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testSequencer: '<rootDir>/scripts/long-tests-first.mjs',
  testEnvironment: 'node',
  globalSetup: '<rootDir>/scripts/test-run.mjs',
  globalTeardown: '<rootDir>/scripts/test-teardown.mjs',
  resolver: '<rootDir>/scripts/test-resolver.cjs',
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // The drills are long, and a command of their own: `pnpm drill`.
  testPathIgnorePatterns: ['/node_modules/', '/dist/', ...(process.env.NEARHIT_DRILL_SCALE ? [] : ['/test/drills/'])],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  testTimeout: 40_000,
};
