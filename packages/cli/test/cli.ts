import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Io, run } from '../src/index.ts';

/** The built command, as it is installed. */
export const MAIN = fileURLToPath(new URL('../../../dist/nearhit.js', import.meta.url));

const closers: (() => Promise<unknown> | unknown)[] = [];

export async function closeAll(): Promise<void> {
  for (const closer of closers.splice(0).reverse()) await closer();
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nearhit-cli-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
}

/** Runs `nearhit ...args` in an environment and a folder of its own until it ends; within this process, as that is quick. */
export async function nearhit(
  args: readonly string[],
  { cwd = temporaryFolder(), env = {}, stdin = '' }: RunOptions = {},
): Promise<Ran> {
  const stdout = new Written();
  const stderr = new Written();
  const piped = Readable.from(stdin === '' ? [] : [Buffer.from(stdin)], { objectMode: false });
  const code = await run(args, { env, cwd, stdin: piped, stdout: stdout.stream, stderr: stderr.stream });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** What a command has written to what is no terminal. */
class Written {
  readonly #pieces: Buffer[] = [];
  readonly stream = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      this.#pieces.push(piece);
      done();
    },
  }) as Io['stdout'];

  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }
}

/** The same as it is installed: a process of its own. */
export function nearhitProcess(args: readonly string[], { cwd, env = {}, stdin = '' }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: cwd ?? temporaryFolder(),
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  closers.push(() => child.kill('SIGKILL'));
  const ran = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      ran[name] += text;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...ran }));
  });
}

/** A server on a free port that answers as the test says. */
export async function listen(
  answer: (req: IncomingMessage, res: ServerResponse, body: string) => void,
): Promise<string> {
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) body += chunk;
    answer(req, res, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
