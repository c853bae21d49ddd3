import { Secret, ServiceAccount } from '../../../src/api/kinds.generated.ts';
import { isAlreadyExists, isNotFound } from '../../../src/api/status.ts';
import { randomInt } from '../../../src/base/random.ts';
import { exhausted, withCalls } from './mutant.ts';
import type { Part, World } from './part.ts';

const namespace = 'serviceaccount-token';
const annotation = 'kubernetes.io/service-account.name';
const names = ['a', 'b', 'c'];

/** Accounts that come and go, and Secrets for their tokens: at last each Secret has a token of an account that is there. */
export const serviceaccountToken: Part = {
  name: namespace,
  begin: async (world) => {
    for (const name of names) await makeAccount(world, name);
  },
  steps: [
    (world) => makeAccount(world, any(world)),
    async (world) => {
      const account = any(world);
      const metadata = { name: `${account}-${world.clock.now()}`, namespace, annotations: { [annotation]: account } };
      await world.api.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/service-account-token' });
    },
    async (world) => {
      await world.api.delete(ServiceAccount, { namespace, name: any(world) }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    },
  ],
  broken: async ({ api }) => {
    const accounts = new Map((await api.list(ServiceAccount, { namespace })).items.map(({ metadata }) => [metadata.name, metadata.uid]));
    const { items } = await api.list(Secret, { namespace, fieldSelector: 'type=kubernetes.io/service-account-token' });
    return items.flatMap(({ metadata, data }) => {
      const uid = accounts.get(metadata.annotations?.[annotation] ?? '');
      if (uid === undefined) return [`${metadata.name} is there without its account`];
      const good = metadata.annotations?.['kubernetes.io/service-account.uid'] === uid && (data?.['token'] ?? '') !== '';
      return good ? [] : [`${metadata.name} has no token of its account`];
    });
  },
  mutants: {
    'fills nothing after the first Secret': exhausted('serviceaccount-token', 1),
    'never deletes': withCalls('serviceaccount-token', () => ({ delete: () => Promise.resolve() })),
  },
};

function any({ random }: World): string {
  return names[randomInt(random, names.length)] ?? '';
}

async function makeAccount({ api }: World, name: string): Promise<void> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
  await api.create(ServiceAccount, account).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}
