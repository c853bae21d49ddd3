import { missingRules, type PolicyRule, type Subject } from '../../api/access-rules.ts';
import { refText } from '../../api/object.ts';
import type { Caution } from '../../api/review.ts';
import { grantsOf, isRoot, rulesIn, ruleWords, subjectText, type Grant } from './grants.ts';
import { cautionOn, kindName, type Rule, type World } from './world.ts';

/** Who may do more than before, by the rules that hold in the end: roles, what they gather and who is bound to them. */
export const rbacWidens: Rule = {
  name: 'rbac-widens',
  find: (world) => {
    if (!world.changes.some(({ head }) => head !== undefined && kindName(head).startsWith('rbac.authorization.k8s.io/'))) return [];
    const [before, after] = [grantsOf(world.before), grantsOf(world.after)];
    const places = new Map(after.map(({ subject, scope }) => [`${subjectText(subject)} ${scope}`, { subject, scope }]));
    return [...places.values()].flatMap((place) => widened(world, place, { before, after }));
  },
};

interface Sides {
  readonly before: readonly Grant[];
  readonly after: readonly Grant[];
}
/** So many rules are named; of more the number is said. */
const namedRules = 5;
/** Everybody, or everybody with a token. */
const crowds: ReadonlySet<string> = new Set([
  'Group system:authenticated',
  'Group system:serviceaccounts',
  'Group system:unauthenticated',
  'User system:anonymous',
]);

function widened(world: World, { subject, scope }: { subject: Subject; scope: string }, sides: Sides): Caution[] {
  const name = subjectText(subject);
  const now = sides.after.filter((grant) => subjectText(grant.subject) === name && grant.scope === scope);
  const held = rulesIn(sides.before, name, scope);
  const missing = missingRules(
    scope === '' ? held : [...held, ...rulesIn(sides.after, name, '')],
    now.flatMap(({ rules }) => rules),
  );
  if (missing.length === 0 || renamed(subject, scope, missing, sides)) return [];
  const rules = together(missing);
  const root = crowds.has(name) || rules.some((rule) => isRoot(rule, scope));
  const source = sourceOf(world, now, missing);
  if (source === undefined) return [];
  const where = scope === '' ? 'in the whole cluster' : `in namespace ${scope}`;
  const more = rules.length > namedRules ? ` and ${rules.length - namedRules} more` : '';
  const what = rules.slice(0, namedRules).map(ruleWords).join('; ');
  const message = `lets ${name} do more ${where}: ${what}${more}`;
  return [cautionOn(world, source, { rule: 'rbac-widens', severity: root ? 'blocker' : 'caution', message })];
}

/** Somebody of the same sort had all of this and has nothing any more: the same one under another name. */
function renamed(subject: Subject, scope: string, missing: readonly PolicyRule[], { before, after }: Sides): boolean {
  const name = subjectText(subject);
  if (before.some((grant) => subjectText(grant.subject) === name)) return false;
  const still = new Set(after.map((grant) => subjectText(grant.subject)));
  const gone = new Set(before.filter((grant) => grant.subject.kind === subject.kind).map((grant) => subjectText(grant.subject)));
  return [...gone].some((other) => !still.has(other) && missingRules(rulesIn(before, other, scope), missing).length === 0);
}

/** The binding that is new or changes, else the role. */
function sourceOf({ changed, after }: World, grants: readonly Grant[], missing: readonly PolicyRule[]) {
  const giving = grants.filter(({ rules }) => missingRules(rules, missing).length < missing.length);
  const names = [...giving.map(({ binding }) => refText(binding)), ...giving.map(({ role }) => refText(role))];
  const found = names.find((name) => changed.has(name)) ?? names[0];
  return found === undefined ? undefined : after.get(found);
}

/** Rules of one place with all their verbs. */
function together(rules: readonly PolicyRule[]): PolicyRule[] {
  const byPlace = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { verbs, ...place } = rule;
    const key = JSON.stringify(place);
    byPlace.set(key, { ...rule, verbs: [...new Set([...(byPlace.get(key)?.verbs ?? []), ...verbs])] });
  }
  return [...byPlace.values()];
}
