import type { FieldError } from '../../api/status.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
/** A level as it was in a version of Kubernetes: its minor number, or the newest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number | 'latest';
}
/** What a namespace asks of its pods. */
export interface SecurityPolicy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const prefix = 'pod-security.kubernetes.io/';
const modes = ['enforce', 'audit', 'warn'] as const;
const levels: readonly string[] = ['privileged', 'baseline', 'restricted'];
const open: LevelVersion = { level: 'privileged', minor: 'latest' };
/** Of a namespace without labels. */
export const openPolicy: SecurityPolicy = { enforce: open, audit: open, warn: open };

/**
 * What the labels of a namespace ask for, and what is wrong with them (kubernetes v1.35, pod-security-admission PolicyToEvaluate): a level
 * that does not exist is taken as `restricted` where it is enforced, as `privileged` else.
 */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): { policy: SecurityPolicy; errors: FieldError[] } {
  if (labels === undefined) return { policy: openPolicy, errors: [] };
  const policy: Record<(typeof modes)[number], LevelVersion> = { ...openPolicy };
  const errors: FieldError[] = [];
  const wrong = (label: string, value: string, detail: string): void =>
    void errors.push({ type: 'FieldValueInvalid', field: `metadata.labels[${label}]`, value, detail });
  for (const mode of modes) {
    const [levelLabel, versionLabel] = [`${prefix}${mode}`, `${prefix}${mode}-version`];
    const [level, version] = [labels[levelLabel], labels[versionLabel]];
    if (level !== undefined && !levels.includes(level)) wrong(levelLabel, level, `must be one of ${levels.join(', ')}`);
    const known = level === undefined || levels.includes(level);
    const chosen = (known ? (level ?? 'privileged') : mode === 'enforce' ? 'restricted' : 'privileged') as Level;
    const minor = minorOf(version);
    if (minor === undefined) wrong(versionLabel, version ?? '', 'must be "latest" or "v1.x"');
    policy[mode] = { level: chosen, minor: minor ?? 'latest' };
  }
  return { policy, errors };
}

function minorOf(version: string | undefined): number | 'latest' | undefined {
  if (version === undefined || version === 'latest') return 'latest';
  const match = /^v1\.(\d|[1-9]\d*)$/.exec(version);
  return match === null ? undefined : Number(match[1]);
}

/** `restricted:v1.35`. */
export function levelText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === 'latest' ? minor : `v1.${minor}`}`;
}
