import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { beginOf, decision, FlakyStore, Ledgers, replay } from './accounts.samples.ts';
import { recordLine } from './line.ts';

const WRITER = fileURLToPath(new URL('../../fixtures/accounts-writer.mjs', import.meta.url));

let child: ChildProcess | undefined;
let ledgers: Ledgers;
beforeEach(() => {
  ledgers = new Ledgers();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await ledgers.close();
});

describe('what a process that is gone has left', () => {
  const leave = (id: string, texts: readonly string[]) => {
    for (const [at, text] of texts.entries())
      writeFileSync(join(ledgers.dir, `${id}.${String(at + 1).padStart(9, '0')}.journal`), text);
  };
  const end = (n: number) => recordLine('end', { ...beginOf(`e-${n}`), outcome: 'miss' });

  test('is handed on once, by however many; torn lines are passed over', async () => {
    const torn = end(9).slice(0, 40);
    leave('gone', [`${end(1)}${recordLine('begin', beginOf('cut'))}garbage\n${end(2)}`, `${end(3)}\n${torn}`]);
    const store = new FlakyStore();
    const starters = [ledgers.open(store.port), ledgers.open(store.port), ledgers.open(store.port)];
    await Promise.all(starters.map(({ accounts, observer }) => replay(accounts, observer)));
    expect((await store.all()).map(({ id, outcome }) => `${id} ${outcome}`).sort()).toEqual([
      ...['cut interrupted', 'e-1 miss', 'e-2 miss', 'e-3 miss'],
    ]);
    expect(await store.totals()).toMatchObject({ requests: 4, costUsd: 2, misses: 3, errors: 1 });
    expect(ledgers.journals()).toEqual([]);
    expect(starters.some(({ incidents }) => incidents.includes('usage-lines-unreadable'))).toBe(true);
  });

  test('a changed byte makes a line unreadable, not another amount', async () => {
    const line = end(1);
    leave('gone', [line.replace('"acme"', '"acne"') + end(2)]);
    const store = new FlakyStore();
    const { accounts, observer } = ledgers.open(store.port);
    await replay(accounts, observer);
    expect((await store.all()).map(({ id }) => id)).toEqual(['e-2']);
  });

  test('stays while the store is away', async () => {
    leave('gone', [end(1)]);
    const store = new FlakyStore();
    store.away = true;
    const { accounts, incidents, observer } = ledgers.open(store.port);
    await replay(accounts, observer);
    expect(incidents).toContain('usage-replay-failed');
    expect(ledgers.journals()).toHaveLength(1);
    store.away = false;
    await replay(accounts, observer);
    expect((await store.totals())?.requests).toBe(1);
  });

  test('files of others are left alone, and so are those of processes that run', async () => {
    leave('other', [end(1)]);
    appendFileSync(join(ledgers.dir, 'notes.txt'), 'mine');
    const store = new FlakyStore();
    const running = ledgers.open(store.port);
    running.accounts.record(decision(1));
    writeFileSync(join(ledgers.dir, 'other.owner'), readFileSync(join(ledgers.dir, ownerIn(ledgers.dir)), 'utf8'));
    const { accounts, observer } = ledgers.open(store.port);
    await replay(accounts, observer);
    expect(store.sent).toBe(0);
    expect(readdirSync(ledgers.dir)).toEqual(expect.arrayContaining(['notes.txt', 'other.000000001.journal']));
  });
});

const ownerIn = (folder: string): string => readdirSync(folder).find((name) => name.endsWith('.owner')) as string;

describe('kill -9', () => {
  async function writeAndKill(seed: string, ends: number): Promise<string[]> {
    const writer = spawn(process.execPath, [WRITER, ledgers.dir, seed], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child = writer;
    const exited = once(writer, 'exit');
    const said: string[] = [];
    let ended = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      said.push(line);
      if (line.startsWith('end') && ++ended === ends) writer.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
    return said;
  }

  test('loses nothing that was taken, wherever it strikes; calls that were cut off are accounted as such', async () => {
    const store = new FlakyStore();
    const expected = new Map<string, number | 'open'>();
    for (let round = 0; round < 8; round++) {
      const said = await writeAndKill(`p${round}`, 1 + round * 97);
      for (const line of said) {
        const [kind, id, n] = line.split(' ') as [string, string, string];
        expected.set(id, kind === 'end' ? Number(n) : 'open');
      }
      const { accounts, observer } = ledgers.open(store.port);
      await replay(accounts, observer);
    }
    const found = new Map((await store.all()).map((record) => [record.id, record]));
    for (const [id, n] of expected) {
      const record = found.get(id);
      if (n === 'open') expect([id, record?.estimated ?? record?.outcome]).toEqual([id, expect.anything()]);
      else expect([id, record?.outcome, record?.promptTokens]).toEqual([id, 'miss', n]);
    }
    // Beside what was said there is at most the one step under way when it was killed.
    expect(found.size - expected.size).toBeLessThanOrEqual(8);
    const totals = await store.totals();
    expect(totals?.requests).toBe(found.size);
    const tokens = [...found.values()].reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    expect(totals?.promptTokens).toBe(tokens);
  }, 120_000);

  test('a full disk: what can not be written is handed on from memory', async () => {
    const script = `trap '' XFSZ; ulimit -f 100; exec "$0" "$@"`;
    const writer = spawn('sh', ['-c', script, process.execPath, WRITER, ledgers.dir, 'f', 'full-disk'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child = writer;
    let said = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    expect((await once(writer, 'close'))[0]).toBe(0);
    const { records, totals, incidents } = JSON.parse(said);
    expect(records).toBe(3000);
    expect(totals).toMatchObject({ requests: 3000, promptTokens: (2999 * 3000) / 2, costUsd: (2999 * 3000) / 2 / 1e9 });
    expect(incidents['usage-journal-failed']).toBeGreaterThan(0);
    expect(incidents['usage-dropped']).toBeUndefined();
  });
});
