import { expect, test } from 'vitest';
import { loadKinds } from '../../src/kinds/load.ts';
import { changeCases } from './changes.ts';
import { caseNodes, deliverForReal, differing, forecastCases, ordersIn } from './reality.ts';

test('what the forecast says of each kind of change is what happens in a cluster whose time is real', async () => {
  const kinds = loadKinds();
  const told = await forecastCases(changeCases, { kinds, nodes: caseNodes() });
  const happened = await deliverForReal(changeCases, { kinds, quietMs: 6_500, limitMs: 120_000 });
  const differ = differing(changeCases, told, happened);
  const orders = ordersIn(changeCases, happened);
  console.log(
    `forecast and reality agree on ${changeCases.length - differ.length} of ${changeCases.length} changes, and ${orders} times on what comes first`,
  );
  expect(changeCases.length).toBeGreaterThanOrEqual(30);
  expect(orders).toBeGreaterThanOrEqual(8);
  expect(differ).toEqual([]);
}, 300_000);
