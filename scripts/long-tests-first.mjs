import Sequencer from '@jest/test-sequencer';

/**
 * Jest's order: what waits for processes and outages comes first, so that no long file is left for the end when all other
 * workers are idle. Jest itself knows how long a file takes only where it has run before.
 */
const LONG_FIRST = [
  /\/test\/faults\//,
  /\/test\/(?:drills|batches|distributed)\//,
  /\/packages\/(?:lmdb|redis|vector-index|embedding|http)\//,
  /\/test\//,
  /\/packages\/(?:runtime|cli)\//,
];

const rank = ({ path }) => {
  const at = LONG_FIRST.findIndex((place) => place.test(path));
  return at === -1 ? LONG_FIRST.length : at;
};

export default class LongTestsFirst extends (Sequencer.default ?? Sequencer) {
  sort(tests) {
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
}
