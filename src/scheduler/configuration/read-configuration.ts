import type { SchedulerConfiguration } from '../configuration.ts';
import { defaultArgs, type PluginArgs } from '../plugin-args.ts';
import type { ProfileSpec } from '../profile.ts';
import { pluginPoints } from './extension-points.ts';
import { Located } from './located.ts';
import { argReaders } from './read-args.ts';
import { readPlugins } from './read-plugins.ts';
import { Reader } from './reader.ts';

const version = 'kubescheduler.config.k8s.io/v1';
/** They are about a process of its own, its connection and its debugging; here the scheduler is a part of another. */
const ofTheProcess = [
  'parallelism',
  'leaderElection',
  'clientConnection',
  'enableProfiling',
  'enableContentionProfiling',
  'delayCacheUntilActive',
];

/**
 * Reads a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1) from YAML or JSON.
 * @throws ConfigurationError with each problem's file, line and field
 */
export function readSchedulerConfiguration(text: string, file: string): SchedulerConfiguration {
  const located = new Located(text, file);
  const root = new Reader(located, [], located.value);
  const fields = [
    'apiVersion',
    'kind',
    'percentageOfNodesToScore',
    'podInitialBackoffSeconds',
    'podMaxBackoffSeconds',
    'profiles',
    'extenders',
  ];
  root.knows([...fields, ...ofTheProcess]);
  root.field('apiVersion').oneOf([version], version);
  root.field('kind').oneOf(['KubeSchedulerConfiguration'], 'KubeSchedulerConfiguration');
  for (const name of ['apiVersion', 'kind']) if (root.field(name).absent) root.field(name).problem('Required value');
  if (root.field('extenders').items().length > 0) root.field('extenders').problem('extenders are not supported');
  const podInitialBackoffSeconds = root.field('podInitialBackoffSeconds').whole(1, { least: 1, rule: 'must be greater than 0' });
  const rule = 'must be greater than or equal to PodInitialBackoffSeconds';
  const podMaxBackoffSeconds = root
    .field('podMaxBackoffSeconds')
    .whole(Math.max(10, podInitialBackoffSeconds), { least: podInitialBackoffSeconds, rule });
  const percentage = percentageOf(root, 0);
  const profiles = readProfiles(root.field('profiles'), percentage);
  located.check();
  return { profiles, podInitialBackoffSeconds, podMaxBackoffSeconds };
}

function percentageOf(of: Reader, otherwise: number): number {
  return of.field('percentageOfNodesToScore').whole(otherwise, { least: 0, most: 100, rule: 'not in valid range [0-100]' });
}

function readProfiles(list: Reader, percentage: number): readonly ProfileSpec[] {
  const profiles = list.items();
  if (profiles.length === 0) return [{ schedulerName: 'default-scheduler', percentageOfNodesToScore: percentage }];
  const names = new Set<string>();
  return profiles.map((profile) => {
    profile.knows(['schedulerName', 'percentageOfNodesToScore', 'plugins', 'pluginConfig']);
    const schedulerName = profile.field('schedulerName').text(profiles.length === 1 ? 'default-scheduler' : '');
    if (schedulerName === '') profile.field('schedulerName').problem('Required value');
    if (names.has(schedulerName)) profile.field('schedulerName').problem(`Duplicate value: ${JSON.stringify(schedulerName)}`);
    names.add(schedulerName);
    return {
      schedulerName,
      percentageOfNodesToScore: percentageOf(profile, percentage),
      uses: readPlugins(profile.field('plugins')),
      args: readArgs(profile.field('pluginConfig')),
    };
  });
}

function readArgs(list: Reader): PluginArgs {
  const seen = new Set<string>();
  const args: Record<string, unknown> = { ...defaultArgs };
  for (const item of list.items()) {
    item.knows(['name', 'args']);
    const name = item.field('name').text('');
    if (seen.has(name)) item.field('name').problem(`Duplicate value: ${JSON.stringify(name)}`);
    seen.add(name);
    if (!pluginPoints.has(name)) item.field('name').problem(`plugin ${JSON.stringify(name)} does not exist`);
    else if (!Object.hasOwn(argReaders, name)) item.field('args').problem(`plugin ${JSON.stringify(name)} takes no args`);
    else args[name] = read(name as keyof PluginArgs, item.field('args'));
  }
  // Each reader answers the args of its plugin.
  return args as unknown as PluginArgs;
}

function read(name: keyof PluginArgs, args: Reader): unknown {
  const kind = args.field('kind');
  if (!kind.absent) kind.oneOf([`${name}Args`], `${name}Args`);
  const api = args.field('apiVersion');
  if (!api.absent) api.oneOf([version], version);
  return argReaders[name](args);
}
