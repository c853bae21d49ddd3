import { refText } from '../../api/object.ts';
import type { Caution, ImageChange } from '../../api/review.ts';
import { reachesOthers, relatingRules } from './beyond.ts';
import { blocksEvictions } from './blocks-evictions.ts';
import { chartVersions } from './charts.ts';
import { servedVersions } from './definitions.ts';
import { deletesData } from './deletes-data.ts';
import { imageCautions, imageChanges, togetherOf } from './images.ts';
import { missingKeys } from './missing-keys.ts';
import { missingReferences } from './missing-references.ts';
import { networks } from './networks.ts';
import { ports } from './ports.ts';
import { privileges } from './privileges.ts';
import { protections } from './protections.ts';
import { rbacWidens } from './rbac-widens.ts';
import { refused } from './refused.ts';
import { autoscalerFights, scaleDown } from './scaling.ts';
import { selectsNothing } from './selects-nothing.ts';
import { staleConfig } from './stale-config.ts';
import { suspends } from './suspends.ts';
import { volumeShrinks } from './volume-shrinks.ts';
import { worldOf, type CautionsInput, type Rule, type World } from './world.ts';

/** Everything that is looked for, worst first. */
const rules: readonly Rule[] = [
  deletesData,
  volumeShrinks,
  refused,
  servedVersions,
  missingReferences,
  missingKeys,
  ports,
  selectsNothing,
  rbacWidens,
  privileges,
  protections,
  networks,
  blocksEvictions,
  scaleDown,
  autoscalerFights,
  suspends,
  staleConfig,
  chartVersions,
  imageCautions,
];

/**
 * What a person should know of a merge that its text does not say, without running anything, and the images that change. Pure: only
 * what the merge changes is spoken of, never what was so before. Blockers first, then by application; no Secret's value is in it.
 */
export function cautionsOf(input: CautionsInput): { readonly cautions: readonly Caution[]; readonly images: readonly ImageChange[] } {
  const worlds = worldsOf(input);
  const found = worlds.flatMap((world) => withoutEchoes(rules.flatMap((rule) => rule.find(world))));
  return { cautions: inOrder(found), images: togetherOf(worlds.flatMap((world) => imageChanges(world))) };
}

/** One for each cluster. */
function worldsOf({ applications, ...rest }: CautionsInput): World[] {
  const clusters = [...new Set(applications.map(({ cluster = '' }) => cluster))];
  return clusters.map((name) => worldOf({ ...rest, applications: applications.filter(({ cluster = '' }) => cluster === name) }));
}

/**
 * Must the applications that nothing changes be looked at too? Without them something might be said of an object that one of them
 * holds, or not be said of one that names what goes.
 */
export function looksBeyond(input: CautionsInput): boolean {
  return worldsOf(input).some((world) => {
    if (world.changes.some(reachesOthers)) return true;
    return rules.some((rule) => rule.find(world).some((caution) => relatingRules.has(caution.rule)));
  });
}

/** What another caution about the same object says already, and says better. */
const echoes: Readonly<Record<string, readonly string[]>> = {
  'volume-shrinks': ['refused', 'immutable-field'],
  'missing-key': ['stale-config'],
};
function withoutEchoes(found: readonly Caution[]): Caution[] {
  const said = new Set(found.flatMap((caution) => (echoes[caution.rule] ?? []).map((echo) => `${echo} ${subject(caution)}`)));
  return found.filter((caution) => !said.has(`${caution.rule} ${subject(caution)}`));
}

function inOrder(found: readonly Caution[]): Caution[] {
  const place = ({ application }: Caution): string => `${application?.namespace ?? ''}/${application?.name ?? ''}`;
  return [...found].sort((a, b) => {
    if (a.severity !== b.severity) return a.severity === 'blocker' ? -1 : 1;
    const [left, right] = [place(a), place(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}
function subject({ ref }: Caution): string {
  return ref === undefined ? '' : refText(ref);
}

export type { CautionedApplication, CautionedObject, CautionsInput } from './world.ts';
