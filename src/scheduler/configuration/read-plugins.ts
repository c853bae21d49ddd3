import type { PluginUse, Point } from '../profile.ts';
import { defaultUses } from '../profile.ts';
import { extensionPoints, pluginPoints, type ExtensionPoint } from './extension-points.ts';
import type { Reader } from './reader.ts';

interface Enabled {
  readonly name: string;
  /** 0: the default one. */
  readonly weight: number;
}
/** What is said of one point: which plugins are on, in order, and which of the defaults are off. */
interface PointSet {
  readonly enabled: readonly Enabled[];
  readonly disabled: ReadonlySet<string>;
}

/** The plugins of a profile at each point, by the rules of kube-scheduler: what is said for one point counts more than multiPoint. */
export function readPlugins(plugins: Reader): readonly PluginUse[] {
  if (plugins.absent) return defaultUses;
  plugins.knows([...extensionPoints, 'multiPoint']);
  const general = merged(pointSet(plugins.field('multiPoint'), undefined));
  const byPoint = new Map(extensionPoints.map((point) => [point, expand(point, general, pointSet(plugins.field(point), point))]));
  for (const point of ['queueSort', 'bind'] as const)
    if (byPoint.get(point)?.length === 0) plugins.field(point).problem(`at least one plugin is needed; ${only[point]} is the only one`);
  return usesOf(byPoint);
}

const only = { queueSort: 'PrioritySort', bind: 'DefaultBinder' };

function pointSet(set: Reader, point: ExtensionPoint | undefined): PointSet {
  set.knows(['enabled', 'disabled']);
  const seen = new Set<string>();
  const enabled = set
    .field('enabled')
    .items()
    .map((item): Enabled => {
      item.knows(['name', 'weight']);
      const name = known(item.field('name'));
      const extended = pluginPoints.get(name);
      if (point !== undefined && extended?.includes(point) === false)
        item.field('name').problem(`plugin ${JSON.stringify(name)} does not extend ${point} plugin`);
      if (seen.has(name))
        item.field('name').problem(`plugin ${JSON.stringify(name)} already registered as ${JSON.stringify(point ?? 'multiPoint')}`);
      seen.add(name);
      return { name, weight: item.field('weight').whole(0, { least: 0, rule: 'must be 0 or more' }) };
    });
  const disabled = new Set(
    set
      .field('disabled')
      .items()
      .map((item) => {
        item.knows(['name', 'weight']);
        return item.field('name').raw() === '*' ? '*' : known(item.field('name'));
      }),
  );
  return { enabled, disabled };
}

function known(name: Reader): string {
  const text = name.text('');
  if (!pluginPoints.has(text)) name.problem(`plugin ${JSON.stringify(text)} does not exist`);
  return text;
}

/** The defaults less those that are off; one that is named again takes its default's place. */
function merged({ enabled, disabled }: PointSet): readonly Enabled[] {
  const again = new Map(enabled.map((each) => [each.name, each]));
  const kept: Enabled[] = [];
  for (const name of disabled.has('*') ? [] : pluginPoints.keys()) {
    if (disabled.has(name)) continue;
    kept.push(again.get(name) ?? { name, weight: 0 });
    again.delete(name);
  }
  return [...kept, ...again.values()];
}

/** First those that both name, then those of multiPoint, then the rest. */
function expand(point: ExtensionPoint, general: readonly Enabled[], { enabled, disabled }: PointSet): readonly Enabled[] {
  const wide = disabled.has('*')
    ? []
    : general.filter(({ name }) => pluginPoints.get(name)?.includes(point) === true && !disabled.has(name));
  const named = new Map(enabled.map((each) => [each.name, each]));
  const overridden = wide.flatMap(({ name, weight }) => {
    const own = named.get(name);
    return own === undefined ? [] : [{ name, weight: own.weight === 0 ? weight : own.weight }];
  });
  for (const { name } of overridden) named.delete(name);
  const rest = wide.filter(({ name }) => !overridden.some((each) => each.name === name));
  return [...overridden, ...rest, ...named.values()];
}

const points: readonly Point[] = ['preEnqueue', 'preFilter', 'filter', 'postFilter', 'score'];

/** In the order in which nodes are filtered, since the first that turns a node away gives the reason. */
function usesOf(byPoint: ReadonlyMap<ExtensionPoint, readonly Enabled[]>): readonly PluginUse[] {
  const order = [...(byPoint.get('filter') ?? []), ...points.flatMap((point) => byPoint.get(point) ?? [])];
  return [...new Set(order.map(({ name }) => name))].map((name) => ({
    name,
    points: new Set(points.filter((point) => byPoint.get(point)?.some((each) => each.name === name) === true)),
    weight: weightOf(name, byPoint),
  }));
}

function weightOf(name: string, byPoint: ReadonlyMap<ExtensionPoint, readonly Enabled[]>): number {
  const said = byPoint.get('score')?.find((each) => each.name === name)?.weight ?? 0;
  const standard = defaultUses.find((each) => each.name === name)?.weight ?? 0;
  return said > 0 ? said : standard > 0 ? standard : 1;
}
