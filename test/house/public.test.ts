import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { version } from '../../src/cli/version.ts';
import * as library from '../../src/index.ts';
import { root } from '../support/sources.ts';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; dependencies: Record<string, string> };
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the public face', () => {
  it('exports these names', () => {
    expect(Object.keys(library).sort()).toEqual([
      'SimulatedClock',
      'StatusError',
      'connect',
      'connectTransport',
      'contextOf',
      'createLog',
      'isAlreadyExists',
      'isConflict',
      'isExpired',
      'isForbidden',
      'isInvalid',
      'isNotFound',
      'loadKubeconfig',
      'planMarkdown',
      'planText',
      'realClock',
      'runtimes',
      'secureRandom',
      'seededRandom',
      'silentLog',
      'simulatedNode',
      'startControlPlane',
    ]);
  });
  it('has one version', () => {
    expect(version).toBe(manifest.version);
  });
  it('gives a reason for every dependency in the README', () => {
    const cells = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const hasReason = (name: string) =>
      cells.some(([, packages, why]) => packages?.split(', ').includes(name) === true && (why ?? '') !== '');
    expect(Object.keys(manifest.dependencies).filter((name) => !hasReason(name))).toEqual([]);
  });
  it('names every command in the README and gives each an example', () => {
    const shown = commands.filter((command) => command.hidden !== true && command.name !== 'demo');
    expect(shown.filter((command) => !readme.includes(command.name)).map((command) => command.name)).toEqual([]);
    expect(commands.filter((command) => command.examples.length === 0)).toEqual([]);
  });
});
