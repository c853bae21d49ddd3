import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { forecast } from '../../src/forecast/forecast.ts';
import { loadKinds } from '../../src/kinds/load.ts';
import { changeCases } from './changes.ts';
import { manifestsOf } from './merges.ts';
import { caseNamespace, caseNodes, comparable, deliverForReal, placed } from './reality.ts';

test('what the forecast says of each kind of change is what happens in a cluster whose time is real', async () => {
  const kinds = loadKinds();
  const applications = changeCases.map(({ base, head }, at) => {
    const namespace = caseNamespace(at);
    const side = (objects: typeof base) => manifestsOf(placed(objects, namespace));
    return { application: { namespace: 'default', name: namespace }, namespace, base: side(base), head: side(head) };
  });
  const told = await forecast({
    applications,
    nodes: caseNodes(),
    startup: { defaultMs: 0, images: [] },
    startMs: Date.UTC(2026, 0, 1),
    random: seededRandom(1),
    log: silentLog,
    kinds,
  });
  const happened = await deliverForReal(changeCases, { kinds, quietMs: 6_500, limitMs: 120_000 });
  const differ = changeCases.filter(({ name }, at) => {
    const [said, was] = [comparable(told, caseNamespace(at)), comparable(happened, caseNamespace(at))];
    const same = JSON.stringify(said) === JSON.stringify(was);
    if (!same) console.log(`${name}: the forecast says ${JSON.stringify(said)}\nand what happens is ${JSON.stringify(was)}`);
    return !same;
  });
  console.log(`forecast and reality agree on ${changeCases.length - differ.length} of ${changeCases.length} changes`);
  expect(changeCases.length).toBeGreaterThanOrEqual(30);
  expect(differ.map(({ name }) => name)).toEqual([]);
}, 300_000);
