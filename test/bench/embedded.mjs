import { askAll, fill, flush, hitsOf } from './gateways.mjs';
import { memoryOf } from './processes.mjs';
import { newQuestion, originals, paraphrases } from './questions.mjs';

/** The main gateway, with entries; its start times on the way. `hits`: the paraphrases that it answers by meaning. */
export async function openMain(settings, { start, folders, say }) {
  const facts = [];
  const fact = (name, value, unit) => facts.push({ name, value, unit });
  const { entries } = settings;
  say('starting on an empty folder');
  const empty = await start('main');
  fact('start, empty folder', empty.startMs, 'ms');
  fact('memory, empty', memoryOf(empty.pid)?.rssMb, 'MB');
  await askAll(empty, [...originals, ...Array.from({ length: settings.parents }, (_, n) => newQuestion(n))]);
  await flush(empty);
  await empty.close();

  say(`filling up to ${entries} entries`);
  await fill(`${folders.dir('main')}/data`, entries);
  const indexing = await start('main');
  fact(`start, ${entries} entries to be indexed first`, indexing.startMs, 'ms');
  fact(`memory, ${entries} entries just indexed`, memoryOf(indexing.pid)?.rssMb, 'MB');
  await indexing.close();
  const main = await start('main', { nodeArgs: settings.nodeArgs });
  fact(`start, ${entries} entries`, main.startMs, 'ms');
  fact(`memory, ${entries} entries`, memoryOf(main.pid)?.rssMb, 'MB');

  const hits = await hitsOf(main);
  say(`${hits.length} of ${paraphrases.length} paraphrases hit by meaning`);
  return { main, facts, hits };
}

/** A first layer that nothing fits into: every exact hit comes from LMDB. */
export async function openSmall(start, { stored, nodeArgs }) {
  const small = await start('small', { l1Bytes: 1, nodeArgs });
  await askAll(
    small,
    Array.from({ length: stored }, (_, n) => newQuestion(n)),
  );
  await flush(small);
  return small;
}
