import { refText, type KubeObject } from '../../api/object.ts';
import type { Caution, ImageChange } from '../../api/review.ts';
import { isRecord, valueAt } from '../../base/json.ts';
import { imageName, versionOf, versionStep, type ImageName } from './image-name.ts';
import { containersOf, workloadOf } from './pods.ts';
import { cautionAbout, kindName, type Change, type Rule, type Side, type World } from './world.ts';

/** An image at its place in an object. */
interface Use {
  readonly image: ImageName;
  /** `containers[web]`; the same place on both sides is compared. */
  readonly place: string;
  readonly field: string;
}
/** One image at one place, before and after. */
interface Exchange {
  readonly change: Change;
  readonly from?: ImageName;
  readonly to?: ImageName;
  readonly field: string;
}

/** Images whose version says that more than a little may be different, or says nothing. */
export const imageCautions: Rule = {
  name: 'image',
  find: (world) => exchanges(world).flatMap(spoken),
};

function spoken({ change, from, to, field }: Exchange): Caution[] {
  if (to === undefined) return [];
  const fields = [field];
  const floating = to.digest === undefined && (to.tag ?? 'latest') === 'latest';
  const wasFloating = from !== undefined && from.digest === undefined && (from.tag ?? 'latest') === 'latest';
  if (floating && !wasFloating) {
    const message = `runs ${to.image}:latest: which version that is, nobody can say, and it differs from pod to pod`;
    return [cautionAbout(change, { rule: 'image-latest', severity: 'caution', message, fields })];
  }
  if (from === undefined || from.image !== to.image) return [];
  const [old, now] = [versionOf(from), versionOf(to)];
  const step = versionStep(old, now);
  if (step === 'major') {
    const message = `goes to a new major version of ${to.image}: ${old} to ${now}`;
    return [cautionAbout(change, { rule: 'image-major', severity: 'caution', message, fields })];
  }
  if (step !== 'back') return [];
  const message = `goes back to an older version of ${to.image}: ${old} to ${now}; what the newer one wrote may not be readable for it`;
  return [cautionAbout(change, { rule: 'image-back', severity: 'caution', message, fields })];
}

/** All images that come, go or change their version. */
export function imageChanges(world: World): ImageChange[] {
  return togetherOf(exchanges(world).flatMap(changesIn));
}
function changesIn({ change, from, to }: Exchange): ImageChange[] {
  const usedBy = [change.ref];
  if (from !== undefined && to !== undefined && from.image === to.image) {
    const sides = { from: shown(from, to), to: shown(to, from) };
    return [{ image: to.image, ...sides, major: versionStep(versionOf(from), versionOf(to)) === 'major', usedBy }];
  }
  const gone = from === undefined ? [] : [{ image: from.image, from: versionOf(from), major: false, usedBy }];
  const added = to === undefined ? [] : [{ image: to.image, to: versionOf(to), major: false, usedBy }];
  return [...gone, ...added];
}

/** By name; the same change of many objects once, with all of them. */
export function togetherOf(changes: readonly ImageChange[]): ImageChange[] {
  const out = new Map<string, ImageChange>();
  for (const change of changes) {
    const key = JSON.stringify([change.image, change.from, change.to]);
    const known = out.get(key);
    const users = new Map([...(known?.usedBy ?? []), ...change.usedBy].map((ref) => [refText(ref), ref]));
    out.set(key, { ...change, usedBy: [...users.values()] });
  }
  return [...out.values()].sort((a, b) => (a.image < b.image ? -1 : a.image > b.image ? 1 : 0));
}

/** The version; with its digest where that is all that differs. */
function shown(image: ImageName, other: ImageName): string {
  const version = versionOf(image);
  return version === versionOf(other) && image.digest !== undefined ? `${version}@${image.digest.slice(0, 19)}` : version;
}

const known = new WeakMap<World, Exchange[]>();
function exchanges(world: World): Exchange[] {
  let found = known.get(world);
  if (found === undefined) known.set(world, (found = exchanged(world)));
  return found;
}

/** Places are paired first; then what is new with what goes, where both are of one image, as when a workload is renamed. */
function exchanged({ changes, before: base, after }: World): Exchange[] {
  const out: Exchange[] = [];
  const gone: Exchange[] = [];
  const added: Exchange[] = [];
  for (const change of changes) {
    if (change.head === undefined && change.kept !== undefined) continue;
    const before = new Map(usesOf(change.base).map((use) => [use.place, use]));
    for (const { image, place, field } of usesOf(change.head)) {
      const old = before.get(place);
      before.delete(place);
      if (old === undefined) added.push({ change, to: image, field });
      else if (!same(old.image, image)) out.push({ change, from: old.image, to: image, field });
    }
    for (const { image, field } of before.values()) gone.push({ change, from: image, field });
  }
  for (const item of added) {
    const at = gone.findIndex(({ from }) => from?.image === item.to?.image);
    const heir = at < 0 ? undefined : gone.splice(at, 1)[0];
    if (heir?.from === undefined) out.push(item);
    else if (!same(heir.from, item.to as ImageName)) out.push({ ...item, from: heir.from });
  }
  const used = new Map<Side, ReadonlySet<string>>();
  const isUsed = (side: Side, image: ImageName): boolean => {
    let texts = used.get(side);
    if (texts === undefined)
      used.set(side, (texts = new Set([...side.all()].flatMap((object) => usesOf(object).map((use) => text(use.image))))));
    return texts.has(text(image));
  };
  const news = out.filter(({ from, to }) => from !== undefined || !isUsed(base, to as ImageName));
  return [...news, ...gone.filter(({ from }) => !isUsed(after, from as ImageName))];
}
function text({ image, tag, digest }: ImageName): string {
  return `${image}:${tag ?? ''}@${digest ?? ''}`;
}
function same(a: ImageName, b: ImageName): boolean {
  return a.image === b.image && versionOf(a) === versionOf(b) && a.digest === b.digest;
}

function usesOf(object: KubeObject | undefined): Use[] {
  if (object === undefined) return [];
  const workload = workloadOf(object);
  if (workload === undefined) return kindName(object) === 'helm.toolkit.fluxcd.io/HelmRelease' ? chartImages(object) : [];
  return containersOf(workload).flatMap(({ name, list, spec, path }) => {
    const text = spec['image'];
    return typeof text === 'string' && text !== '' ? [{ image: imageName(text), place: `${list}[${name}]`, field: `${path}.image` }] : [];
  });
}

/** What the values of a chart call an image, by the form that most charts share: `{ repository, tag }`. */
function chartImages(object: KubeObject): Use[] {
  const out: Use[] = [];
  const walk = (value: unknown, path: string, depth: number): void => {
    if (depth > 20) return;
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, `${path}[${index}]`, depth + 1));
    if (!isRecord(value)) return;
    const { repository, tag, registry } = value;
    if (typeof repository === 'string' && (typeof tag === 'string' || typeof tag === 'number')) {
      const full = typeof registry === 'string' && registry !== '' ? `${registry}/${repository}` : repository;
      out.push({ image: imageName(`${full}:${tag}`), place: path, field: path });
    }
    for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`, depth + 1);
  };
  walk(valueAt(object, ['spec', 'values']), 'spec.values', 0);
  return out;
}
