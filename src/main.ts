#!/usr/bin/env node
import { processEnvironment } from './cli/environment.ts';
import { run } from './cli/run.ts';

const code = await run(process.argv.slice(2), processEnvironment());
process.exitCode ??= code;
