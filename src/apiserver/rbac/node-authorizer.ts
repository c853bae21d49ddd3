import type { Pod, Volume } from '../../api/kinds.generated.ts';
import { claimsOf } from '../../api/volume-binding.ts';
import type { Asked, Decision } from '../authorization.ts';
import type { ServerContext, User } from '../context.ts';
import { fieldOf, prefixOf } from '../entry-fields.ts';
import { kindOf } from '../internal-call.ts';
import { nodeRules } from './bootstrap-roles.ts';
import { RuleIndex } from './rule-index.ts';

const prefix = 'system:node:';
const unrelated = (node: string): Decision => refuse(`no relationship found between node '${node}' and this object`);
const refuse = (reason: string): Decision => ({ allowed: false, reason });
const allow: Decision = { allowed: true, reason: '' };

/** The node that calls; undefined when it is none. */
export function nodeOf(user: User): string | undefined {
  return user.name.startsWith(prefix) && user.groups.includes('system:nodes') ? user.name.slice(prefix.length) : undefined;
}

/**
 * What an agent may do: what its role says, but secrets, config maps, claims and accounts only as far as pods use them that are bound
 * to its node, and only its own Lease (kubernetes v1.35, plugin/pkg/auth/authorizer/node). Undefined for callers that are no nodes.
 */
export function createNodeAuthorizer(server: ServerContext): (user: User, asked: Asked) => Decision | Promise<Decision> | undefined {
  const rules = new RuleIndex();
  for (const rule of nodeRules) rules.add(rule, 'system:node');
  return (user, asked) => {
    const node = nodeOf(user);
    if (node === undefined) return undefined;
    if (rules.find(asked) === undefined) return refuse('');
    const place = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
    switch (`${asked.group}/${place}`) {
      case '/secrets':
      case '/configmaps':
      case '/persistentvolumeclaims':
      case '/persistentvolumeclaims/status':
        if (asked.name === '') return refuse('No Object name found');
        return usedOnNode(server, node, { asked, uses: (pod) => namesOf(pod, asked.resource).includes(asked.name) });
      case '/serviceaccounts/token':
        return usedOnNode(server, node, { asked, uses: ({ spec }) => spec.serviceAccountName === asked.name });
      case '/nodes':
        return ofOwnNode(node, asked);
      case '/pods':
        return ofOwnPods(node, asked);
      case 'coordination.k8s.io/leases':
        return ofOwnLease(node, asked);
      default:
        return allow;
    }
  };
}

function ofOwnNode(node: string, { verb, name }: Asked): Decision {
  const reading = verb === 'get' || verb === 'list' || verb === 'watch';
  return !reading || name === node ? allow : refuse(`node '${node}' cannot read all nodes, only its own Node object`);
}

function ofOwnPods(node: string, { verb, fieldSelector }: Asked): Decision {
  if (verb !== 'list' && verb !== 'watch') return allow;
  const own = fieldSelector.split(',').some((term) => /^spec\.nodeName==?(.*)$/.exec(term)?.[1] === node);
  return own ? allow : refuse('can only list/watch pods with spec.nodeName field selector');
}

function ofOwnLease(node: string, { namespace, verb, name }: Asked): Decision {
  if (namespace !== 'kube-node-lease') return refuse('can only access leases in the "kube-node-lease" system namespace');
  const own = name === node || (verb === 'create' && name === '');
  return own ? allow : refuse('can only access node lease with the same name as the requesting node');
}

interface Use {
  readonly asked: Asked;
  uses(pod: Pod): boolean;
}

/** Is it used by a pod that is bound to the node? Pods are looked at when it is asked, so that they cost nothing else. */
async function usedOnNode(server: ServerContext, node: string, { asked, uses }: Use): Promise<Decision> {
  const pods = kindOf(server, { group: '', version: 'v1', kind: 'Pod' });
  const { entries } = await server.store.list(prefixOf(pods, asked.namespace));
  const found = entries.some((entry) => fieldOf(pods, entry, 'spec.nodeName') === node && uses(entry.value() as Pod));
  return found ? allow : unrelated(node);
}

function namesOf(pod: Pod, resource: string): readonly string[] {
  const { spec } = pod;
  const volumes = spec.volumes ?? [];
  if (resource === 'persistentvolumeclaims') return claimsOf(pod);
  const kind = resource === 'secrets' ? 'secret' : 'configMap';
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])];
  const fromContainers = containers.flatMap(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ valueFrom }) => (kind === 'secret' ? valueFrom?.secretKeyRef : valueFrom?.configMapKeyRef)?.name ?? []),
    ...envFrom.flatMap((source) => (kind === 'secret' ? source.secretRef : source.configMapRef)?.name ?? []),
  ]);
  const pulled = kind === 'secret' ? (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []) : [];
  return [...fromContainers, ...pulled, ...volumes.flatMap((volume) => namesInVolume(volume, kind))];
}

function namesInVolume(volume: Volume, kind: 'secret' | 'configMap'): readonly string[] {
  const projected = (volume.projected?.sources ?? []).flatMap((source) => source[kind]?.name ?? []);
  if (kind === 'configMap') return [...(volume.configMap?.name === undefined ? [] : [volume.configMap.name]), ...projected];
  const named = [volume.secret?.secretName, ...secretRefs(volume)].filter((name) => name !== undefined);
  return [...named, ...projected];
}

/** Volumes of other systems that log in with a secret. */
function secretRefs(volume: Volume): readonly (string | undefined)[] {
  return Object.values(volume as unknown as Record<string, unknown>).map((source) => {
    const reference = (source as { secretRef?: { name?: string }; nodePublishSecretRef?: { name?: string } } | null) ?? {};
    return reference.secretRef?.name ?? reference.nodePublishSecretRef?.name;
  });
}
