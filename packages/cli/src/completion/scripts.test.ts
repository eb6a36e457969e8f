import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, nearhit } from '../../test/cli.ts';

afterEach(closeAll);

const scriptOf = async (shell: string) => (await nearhit(['completion', shell])).stdout;

/** What bash would offer after these words, the last of which is being written. */
async function offered(...words: string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(nearhit ${typed}); COMP_CWORD=${words.length}; _nearhit; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const script = `${await scriptOf('bash')}\n${ask}`;
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n');
}

describe('in bash', () => {
  test('commands, their subcommands and flags', async () => {
    expect(await offered('pol')).toEqual(['policy']);
    expect(await offered('policy', '')).toEqual(expect.arrayContaining(['get', 'set', '--help']));
    expect(await offered('policy', 'get', '--js')).toEqual(['--json']);
    expect(await offered('keys', '--url', 'http://127.0.0.1:1', 'create', '--budget-m')).toEqual(['--budget-month']);
    expect(await offered('export', '--namespace', 'support', '--no')).toEqual(['--no-pairs']);
    expect(await offered('nonsense', 'export', '--ou')).toEqual(['--out']);
  });
});

test('zsh takes the same over bashcompinit', async () => {
  expect(await scriptOf('zsh')).toMatch(/^autoload -U \+X bashcompinit && bashcompinit\n_nearhit\(\)/);
});

test('fish has a line for each command and flag', async () => {
  const script = await scriptOf('fish');
  expect(script).toMatch(/^complete -c nearhit -f -n 'not __fish_seen_subcommand_from start .*' -a doctor -d '/m);
  expect(script).toMatch(
    /^complete -c nearhit -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from get' -l json -d '/m,
  );
});

test('as JSON; no other shell', async () => {
  const { stdout } = await nearhit(['completion', 'bash', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ shell: 'bash', script: expect.stringContaining('_nearhit') });
  expect((await nearhit(['completion', 'cmd'])).code).toBe(2);
});
