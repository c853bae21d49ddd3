import { Application, type ApplicationSpec, type ApplicationSync } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { ageCell, shortCommit } from '../cells.ts';
import { parseDuration } from '../../base/duration.ts';
import { fieldForbidden, invalidEach, invalidValue, required } from '../field-errors.ts';
import { dnsLabel, dnsSubdomain, labelValue } from '../names.ts';
import type { KindRules } from '../rules.ts';

/** Its name is the value of a label on every object it owns, so it may not be longer than one. */
const nameRule = (name: string): readonly string[] => [...dnsSubdomain(name), ...labelValue(name)];

export const application: KindRules<Application> = {
  kind: Application,
  nameRule,
  validate: ({ spec, metadata }) => [
    ...sourceErrors(spec),
    ...(spec.namespace === undefined ? [] : invalidEach('spec.namespace', spec.namespace, dnsLabel(spec.namespace))),
    ...syncErrors(spec.sync ?? {}),
    ...rendererErrors(spec),
    ...dependencyErrors(spec, metadata.name),
  ],
  cells: ({ metadata, status }, now) => [
    metadata.name,
    status?.sync ?? 'Unknown',
    status?.health ?? 'Unknown',
    status?.current?.number ?? '',
    shortCommit(status?.current?.commit),
    status?.message ?? '',
    ageCell(metadata.creationTimestamp, now),
  ],
};

function sourceErrors({ source }: ApplicationSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { repo, path = '', revision = '' } = source;
  if (/^[-\s]|[\0\n\r]/.test(repo))
    errors.push(invalidValue('spec.source.repo', repo, 'may not begin with - or blanks, nor hold line ends'));
  if (/^https?:\/\/[^/@]*:[^/@]*@/.test(repo)) {
    const detail = 'may not hold a password: name a Secret in spec.source.credentials';
    errors.push(fieldForbidden('spec.source.repo', detail));
  }
  if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\0')) {
    errors.push(invalidValue('spec.source.path', path, 'must be a relative path that stays inside the repository'));
  }
  if (revision.startsWith('-') || /[\0-\x20\x7f]/.test(revision.trim())) {
    errors.push(invalidValue('spec.source.revision', revision, 'must be a branch, a tag, a range of tags or a commit'));
  }
  return [...errors, ...durationErrors(source.interval, 'spec.source.interval', 1000), ...trustErrors(source)];
}
function trustErrors({ verify, credentials }: ApplicationSpec['source']): FieldError[] {
  const errors: FieldError[] = [];
  if (verify?.mode !== undefined && verify.mode !== 'none' && (verify.signers ?? []).length === 0) {
    errors.push(required('spec.source.verify.signers', `mode ${verify.mode} needs the names of those who may sign`));
  }
  if (credentials !== undefined) errors.push(...invalidEach('spec.source.credentials', credentials, dnsSubdomain(credentials)));
  return errors;
}

function syncErrors(sync: ApplicationSync): FieldError[] {
  const errors = [...durationErrors(sync.deadline, 'spec.sync.deadline', 1), ...durationErrors(sync.healthyFor, 'spec.sync.healthyFor', 0)];
  for (const [index, window] of (sync.windows ?? []).entries()) {
    const at = `spec.sync.windows[${index}]`;
    errors.push(...durationErrors(window.duration, `${at}.duration`, 1));
    if (window.schedule.trim().split(/\s+/).length !== 5) {
      errors.push(invalidValue(`${at}.schedule`, window.schedule, 'must be five cron fields, such as 0 22 * * 1-5'));
    }
  }
  return errors;
}
function durationErrors(text: string | undefined, at: string, leastMs: number): FieldError[] {
  if (text === undefined) return [];
  try {
    return parseDuration(text) >= leastMs ? [] : [invalidValue(at, text, `must be at least ${leastMs}ms`)];
  } catch {
    // parseDuration throws only for a text that is no duration.
    return [invalidValue(at, text, 'must be a duration, such as 30s, 5m or 1h30m')];
  }
}

function rendererErrors({ renderer = {} }: ApplicationSpec): FieldError[] {
  const names = Object.keys(renderer);
  return names.length > 1 ? [invalidValue('spec.renderer', names, 'must name at most one renderer')] : [];
}
function dependencyErrors({ dependsOn = [] }: ApplicationSpec, name: string): FieldError[] {
  return dependsOn.flatMap((other, index) => {
    const at = `spec.dependsOn[${index}]`;
    return other === name ? [invalidValue(at, other, 'an application cannot wait for itself')] : invalidEach(at, other, nameRule(other));
  });
}
