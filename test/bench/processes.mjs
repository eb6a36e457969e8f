import { fork, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** As `npm start` and the ingress image start it; the floors too, so that only the code differs. */
const NODE_ARGS = ['--max-semi-space-size=32'];

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** A process that talks over IPC: its messages are read one by one, in order. */
export class Child {
  #messages = [];
  #waiting = [];
  #exit;

  constructor(file, args = []) {
    this.process = fork(here(file), args, {
      execArgv: NODE_ARGS,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.pid = this.process.pid;
    this.process.on('message', (message) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#messages.push(message);
      else waiting.resolve(message);
    });
    this.process.on('exit', (code, signal) => {
      this.#exit = new Error(`${file} ended early (${signal ?? code})`);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#exit);
    });
  }

  /** For a server: waits until it listens. */
  static async listening(file, args) {
    const child = new Child(file, args);
    const { port } = await child.next();
    child.origin = `http://127.0.0.1:${port}`;
    return child;
  }

  next() {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift());
    if (this.#exit !== undefined) return Promise.reject(this.#exit);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  send(message) {
    this.process.send(message);
  }

  close() {
    return ended(this.process);
  }
}

/** SIGTERM, then SIGKILL after ten seconds. */
export function ended(process) {
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => process.kill('SIGKILL'), 10_000);
    process.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    process.kill('SIGTERM');
  });
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One of services/, as an operator starts it. `close()` ends it and waits. */
export function startService({ service, port, dir, env, nodeArgs = [] }) {
  const main = here(`../../dist/${service}.js`);
  const child = spawn(process.execPath, [...NODE_ARGS, ...nodeArgs, main], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...cleanEnv(),
      PORT: String(port),
      HOST: '127.0.0.1',
      NEARHIT_DATA_DIR: join(dir, 'data'),
      LOG_LEVEL: 'warn',
      ...env,
    },
  });
  let output = '';
  const keep = (text) => {
    output = (output + text).slice(-8000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return {
    pid: child.pid,
    origin: `http://127.0.0.1:${port}`,
    output: () => output,
    gone: () => child.exitCode !== null || child.signalCode !== null,
    close: () => ended(child),
  };
}

/** The benchmark's own surroundings must not configure the gateway. */
export function cleanEnv() {
  const own = /^(NEARHIT_|OPENAI_|ANTHROPIC_|GEMINI_|DEEPSEEK_|EMBEDDING_|REDIS_URL|CACHE_URL|PORT$|HOST$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/**
 * CPU time a process has had, microseconds, all its threads and its main thread (on Linux: the scheduler's own account,
 * in nanoseconds; elsewhere undefined).
 */
export function cpuOf(pid) {
  try {
    let allNs = 0;
    let mainNs = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const ns = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      allNs += ns;
      if (Number(thread) === pid) mainNs = ns;
    }
    return { allUs: allNs / 1000, mainUs: mainNs / 1000 };
  } catch {
    return undefined;
  }
}

/** Resident memory in MB now and at its highest; undefined where /proc is not. */
export function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mb = (field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    return { rssMb: mb('VmRSS'), peakMb: mb('VmHWM') };
  } catch {
    return undefined;
  }
}
