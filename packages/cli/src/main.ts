#!/usr/bin/env node
import { run } from './index.ts';

// Who reads the output may stop reading (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { argv, env, stdin, stdout, stderr } = process;
process.exitCode = await run(argv.slice(2), { env, cwd: process.cwd(), stdin, stdout, stderr });
