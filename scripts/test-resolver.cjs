// How Jest finds a module. What is imported is found as test-modules.mjs has put it together, what is required as ever:
// CommonJS, that of dependencies among it, can't load what is put together.
const { join } = require('node:path');

const FOLDER = join(__dirname, '..', 'node_modules', '.nearhit', 'tests');
const OURS = /^(?:@nearhit\/(.+)|(nearhit))$/;

/** Packages of many modules that many files import, and which of ours depends on each. */
const LIBRARIES = {
  '@opentelemetry/api': 'packages/telemetry',
  bullmq: 'packages/redis',
  express: 'packages/http',
  'fast-check': 'packages/core',
  ioredis: 'packages/redis',
  pino: 'packages/runtime',
  'prom-client': 'packages/http',
  supertest: 'test',
  undici: 'packages/gateway',
  yaml: 'packages/config',
  zod: 'packages/core',
};

function putTogether(name) {
  const ours = OURS.exec(name);
  if (ours !== null) return join(FOLDER, `${ours[1] ?? ours[2]}.js`);
  return Object.hasOwn(LIBRARIES, name) ? join(FOLDER, 'lib', `${name}.js`) : undefined;
}

module.exports = (name, options) => {
  const found = options.conditions?.includes('import') ? putTogether(name) : undefined;
  return found ?? options.defaultResolver(name, options);
};
module.exports.FOLDER = FOLDER;
module.exports.LIBRARIES = LIBRARIES;
