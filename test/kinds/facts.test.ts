import { expect, test } from 'vitest';
import type { Kind } from '../../src/api/object.ts';
import { kindFacts } from '../../src/kinds/facts/index.ts';
import { strategies } from '../../src/kinds/strategies/index.ts';

const nameOf = ({ group, version, kind }: Kind): string => `${group}/${version}/${kind}`;

test('facts say of a kind what its rules do not say', () => {
  const rules = new Map(strategies.map((one) => [nameOf(one.kind), new Set(Object.keys(one))]));
  const twice = kindFacts.flatMap((facts) => {
    const members = Object.keys(facts).filter((member) => member !== 'kind');
    return members.filter((member) => rules.get(nameOf(facts.kind))?.has(member)).map((member) => `${nameOf(facts.kind)}: ${member}`);
  });
  expect(twice).toEqual([]);
});
