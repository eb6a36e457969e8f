import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';

const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

/** The page's part under `## nearhit <name>`. */
function section(name: string): string {
  const [, after = ''] = page.split(`\n## nearhit ${name}\n`);
  return after.split('\n## ')[0] as string;
}

function flagsOf(command: Command): string[] {
  const own = command.options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined));
  return [...own, ...command.commands.flatMap(flagsOf)];
}

const program = createProgram({ ...process, cwd: '.' } as unknown as Io, () => {});

describe.each(program.commands.map((command) => [command.name(), command] as const))(
  'docs/cli.md on %s',
  (name, command) => {
    test('names every flag and subcommand', () => {
      const text = section(name);
      expect(text).not.toBe('');
      for (const flag of flagsOf(command)) expect(text).toMatch(new RegExp(`\`(?:[^\`]* )?${flag}[ \`]`));
      for (const { name: child } of command.commands.map((sub) => ({ name: sub.name() })))
        expect(text).toContain(`\`${name} ${child}`);
    });

    test('names no flag that is not there', () => {
      const known = new Set(flagsOf(command));
      const named = [...section(name).matchAll(/(?<![\w-])(--[a-z][a-z-]*|-[a-z](?![a-z]))/g)].map(([flag]) => flag);
      expect(named.filter((flag) => !known.has(flag))).toEqual([]);
    });

    test('every command takes --json', () => {
      const leaves = command.commands.length === 0 ? [command] : command.commands;
      for (const leaf of leaves) expect(flagsOf(leaf)).toContain('--json');
    });
  },
);
