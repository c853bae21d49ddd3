import { existsSync, statSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import { list, text, type Call, type Option } from './command.ts';
import type { Environment } from './environment.ts';
import { UsageError } from './output.ts';

/** Options that say what to render, for every command that takes a repository. */
export const sourceOptions: readonly Option[] = [
  { flags: '--path P', summary: 'folder inside the repository', defaultsTo: 'its root' },
  {
    flags: '--unserved WHAT',
    summary: 'kinds that the cluster does not serve: error or skip',
    defaultsTo: 'error',
    values: ['error', 'skip'],
  },
];

/** Charts that registries hold, on this machine. */
export const chartCacheOption: Option = {
  flags: '--chart-cache DIR',
  summary: 'folder of charts (NAME-VERSION.tgz or unpacked) for releases of charts from registries',
  defaultsTo: '$STEER_CHART_CACHE, and what helm has fetched',
  many: true,
};
/** The folders that it names. @throws UsageError for one that is not there */
export function chartCaches(call: Call): string[] {
  return list(call, 'chartCache').map((given) => {
    const folder = resolve(call.environment.directory, given);
    if (!existsSync(folder)) throw new UsageError(`--chart-cache ${given}: there is no such folder`);
    return folder;
  });
}

/** Of every command that plans all applications of a repository. */
export const reviewOptions: readonly Option[] = [
  { flags: '--app APP', summary: 'with --from: only this application (again for more)', many: true },
  { flags: '--strict', summary: 'with --from: custom kinds without a definition are errors' },
  { flags: '--schema-location F', summary: 'with --from: folder or file with definitions of custom kinds', many: true },
  {
    flags: '--live',
    summary:
      'with --from: also what the running `steer up`, or the cluster of --kubeconfig, has differently from the base; a forecast begins there',
  },
  { flags: '--profile F', summary: 'with --from: judge as the cluster of this file, which `steer capture` wrote' },
  {
    flags: '--kubernetes-version V',
    summary: 'with --from: say what this release does not serve or advises against',
    defaultsTo: "the profile's",
  },
  chartCacheOption,
  {
    flags: '--hide WHAT',
    summary: 'with --from: also hide `env`, the values of variables, or a field of a kind, VaultSecret:spec.data',
    many: true,
  },
];

/** What runs pods: of every command that starts a cluster. */
export const runtimeOptions: readonly Option[] = [
  {
    flags: '--runtime RUNTIME',
    summary: 'what runs pods: process (commands of this machine) or simulated',
    defaultsTo: 'process for a folder or repository of your own, else simulated',
    values: ['process', 'simulated'],
  },
  {
    flags: '--isolation MODE',
    summary: 'of the runtime process: isolated (namespaces of their own), plain, or ports (plain, all pods at 127.0.0.1)',
    defaultsTo: 'isolated where the kernel allows it',
    values: ['isolated', 'plain', 'ports'],
  },
];

export function unservedOption(call: Call): 'error' | 'skip' {
  const given = text(call, 'unserved') ?? 'error';
  if (given !== 'error' && given !== 'skip') throw new UsageError(`--unserved ${given}: must be error or skip`);
  return given;
}

/** A path becomes absolute; a URL and `user@host:path` stay. @throws UsageError for a path that is not there */
export function repository(given: string, environment: Pick<Environment, 'directory'>): string {
  if (isRemote(given)) return given;
  const path = isAbsolute(given) ? given : resolve(environment.directory, given);
  if (!existsSync(path)) throw new UsageError(`${given}: there is no such repository or folder`);
  if (!statSync(path).isDirectory()) throw new UsageError(`${given}: is a file; name the folder or repository that holds it`);
  return path;
}
export function isRemote(repo: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(repo) || /^[^/\s]+@[^/\s]+:/.test(repo);
}

/** The last part of the path inside the repository, or of the repository, as a name that Kubernetes takes. */
export function nameFor(repo: string, path: string): string {
  const last = (text: string) => basename(text.replace(/[/\\]+$/, '')).replace(/\.git$/, '');
  const part = last(path) === '' || last(path) === '.' ? last(repo.replace(/[?#].*$/, '').replace(':', '/')) : last(path);
  const name = part
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 53);
  return name === '' ? 'app' : name;
}
