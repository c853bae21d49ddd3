import type { Plugin } from './plugin.ts';
import { defaultArgs, type PluginArgs } from './plugin-args.ts';
import { plugins, type PluginDefinition } from './plugins/index.ts';

/** Where a plugin takes part; what is off at one of them does nothing there. */
export type Point = 'preEnqueue' | 'preFilter' | 'filter' | 'postFilter' | 'score';
export interface PluginUse {
  readonly name: string;
  readonly points: ReadonlySet<Point>;
  readonly weight: number;
}
/** What a configuration says of one profile. */
export interface ProfileSpec {
  readonly schedulerName: string;
  /** In their order. Absent: all that there are. */
  readonly uses?: readonly PluginUse[];
  readonly args?: PluginArgs;
  /** 0: by the number of nodes. */
  readonly percentageOfNodesToScore?: number;
}

/** How pods of one schedulerName are scheduled. */
export interface Profile {
  readonly schedulerName: string;
  /** As they take part, in the order in which they are asked. */
  readonly plugins: readonly Plugin[];
  readonly weights: ReadonlyMap<string, number>;
  readonly preempts: boolean;
  readonly args: PluginArgs;
  readonly percentageOfNodesToScore: number;
}

export const defaultPreemption = 'DefaultPreemption';

export function createProfile(spec: ProfileSpec): Profile {
  const { schedulerName, args = defaultArgs, percentageOfNodesToScore = 0, uses = defaultUses } = spec;
  const definitions = new Map(plugins.map((definition) => [definition.name, definition]));
  const taking: Plugin[] = [];
  const weights = new Map<string, number>();
  for (const use of uses) {
    const definition = definitions.get(use.name);
    if (definition === undefined) continue; // Part of every profile, without choices of its own.
    taking.push(takingPart(definition, use, args));
    if (use.points.has('score')) weights.set(use.name, use.weight);
  }
  const preempts = uses.some(({ name, points }) => name === defaultPreemption && points.has('postFilter'));
  return { schedulerName, plugins: taking, weights, preempts, args, percentageOfNodesToScore };
}

function takingPart(definition: PluginDefinition, { points }: PluginUse, args: PluginArgs): Plugin {
  const { name, hints, hold, refuse, candidates, filter, score } = definition.create(args);
  return {
    name,
    ...(hints === undefined ? {} : { hints }),
    ...(hold !== undefined && points.has('preEnqueue') ? { hold } : {}),
    ...(refuse !== undefined && points.has('preFilter') ? { refuse } : {}),
    ...(candidates !== undefined && points.has('preFilter') ? { candidates } : {}),
    ...(filter !== undefined && points.has('filter') ? { filter } : {}),
    ...(score !== undefined && points.has('score') ? { score } : {}),
  };
}

const everyPoint: ReadonlySet<Point> = new Set(['preEnqueue', 'preFilter', 'filter', 'postFilter', 'score']);
export const defaultUses: readonly PluginUse[] = [
  ...plugins.map(({ name, weight }) => ({ name, weight, points: everyPoint })),
  { name: defaultPreemption, weight: 0, points: everyPoint },
];
