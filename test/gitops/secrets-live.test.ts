import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Secret } from '../../src/api/kinds.generated.ts';
import type { KubeObject } from '../../src/api/object.ts';
import { explain } from '../../src/gitops/explain.ts';
import { planMarkdown } from '../../src/report/markdown.ts';
import { planText } from '../../src/report/text.ts';
import { captureProfile } from '../../src/review/capture.ts';
import { listPages } from '../../src/gitops/live.ts';
import { startGitOps, type TestGitOps } from '../support/gitops.ts';
import { startPlannedCluster, troubles } from '../support/planned-cluster.ts';
import { secretFiles } from '../support/secret-places.ts';
import { around, piecesIn, secretChanges, type Change } from '../support/secret-values.ts';

const deep = process.env['STEER_SOAK'] === '1';
/** Refuses a Secret and quotes it, as a policy of a company may. */
const talkative: readonly (KubeObject & { spec: object })[] = [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'talkative' },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['secrets'] }] },
      validations: [{ expression: "!object.metadata.name.startsWith('quoted')", messageExpression: "'it holds ' + object.data['k0']" }],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'talkative' },
    spec: { policyName: 'talkative', validationActions: ['Deny'] },
  },
];

const files = (values: readonly string[]): Record<string, string> => {
  const all = secretFiles(values);
  // Values of variables are shown in a cluster: who hides them does it in a report.
  const quoted = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'quoted' }, stringData: { k0: values[0] } });
  return Object.fromEntries(
    [...Object.entries(all), ['quoted/a.yaml', quoted] as const].filter(([path]) => !/^(environment|sealed)\//.test(path)),
  );
};

/** What a reader of the cluster sees who may not read Secrets. */
async function readable({ client }: TestGitOps): Promise<string> {
  const kinds = (await client.kinds()).filter(({ kind }) => kind !== 'Secret');
  // Some kinds can only be created.
  const listed = await Promise.all(kinds.map((kind) => listPages(client, kind).catch(() => [])));
  return JSON.stringify(listed);
}

it('values of Secrets are in no status, event, history, log, explanation or captured profile of a cluster', async () => {
  await fc.assert(
    fc.asyncProperty(secretChanges(20), async (changes: readonly Change[]) => {
      const gitops = await startGitOps();
      const [before, after] = [0, 1].map((side) => files(changes.map((change) => change[side] as string))) as [object, object];
      for (const object of talkative) {
        const kind = await gitops.client.kindOf(object);
        if (kind !== undefined) await gitops.client.create(kind, object);
      }
      gitops.source.commit('repo', { ...before });
      const names = [...new Set(Object.keys(before).map((path) => path.split('/')[0] as string))];
      for (const path of names) await gitops.application(path, { source: { repo: 'repo', path } });
      await gitops.cluster.clock.advance(120_000);
      const first = await readable(gitops);
      gitops.source.commit('repo', { ...after });
      await gitops.cluster.clock.advance(120_000);
      // Somebody changes a value in the cluster, and it is put back.
      const key = { namespace: 'default', name: 'string' };
      const live = await gitops.client.get(Secret, key);
      await gitops.client.update(Secret, { ...live, data: { ...live.data, k0: Buffer.from(changes[0]?.[0] ?? '').toString('base64') } });
      await gitops.cluster.clock.advance(120_000);
      const explained = await Promise.all(
        names.map((name) => explain({ namespace: 'default', name }, { store: gitops.client, clock: gitops.cluster.clock })),
      );
      const profile = await captureProfile(gitops.client, { clock: gitops.cluster.clock, target: 'test', workloads: true });
      const text = [first, await readable(gitops), JSON.stringify([explained, profile, gitops.cluster.troubles])].join('\n');
      await gitops.stop();
      // The refusals are there, without what they quote.
      expect(text).toMatch(/quoted.*what was said is not shown/);
      expect(piecesIn(text, changes.flat()).map((one) => around(text, one))).toEqual([]);
    }),
    { numRuns: deep ? 20 : 1, endOnFailure: true },
  );
});

it('values of Secrets are in no live plan, and in nothing that a refused step says', async () => {
  await fc.assert(
    fc.asyncProperty(secretChanges(20), async (changes: readonly Change[]) => {
      const plane = await startPlannedCluster();
      const said: string[] = [];
      for (const side of [0, 1] as const) {
        const planned = await plane.planFiles({
          ...Object.fromEntries(talkative.map((object, at) => [`policy-${at}.yaml`, JSON.stringify(object)])),
          ...Object.fromEntries(Object.entries(files(changes.map((change) => change[side]))).filter(([path]) => readablePath.test(path))),
        });
        said.push(planText(planned.plan), planMarkdown(planned.plan), JSON.stringify(planned.plan));
        said.push(...troubles(await plane.apply(planned)));
      }
      await plane.stop();
      const text = said.join('\n');
      expect(text).toMatch(/Secret default\/immutable/);
      expect(piecesIn(text, changes.flat()).map((one) => around(text, one))).toEqual([]);
    }),
    { numRuns: deep ? 20 : 1, endOnFailure: true },
  );
});
/** Those that can be read; the others refuse the whole plan, which the reports show. */
const readablePath = /^(data|string-data|both|annotated|immutable|listed|quoted)\//;
