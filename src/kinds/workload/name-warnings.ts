import { dnsLabel } from '../names.ts';

/** What is said of a name that pods are named after and that is no label of a DNS name (kubernetes v1.35, WarningsOnCreate). */
export function nameWarnings(name: string | undefined, use = 'Pod names and hostnames'): string[] {
  const broken = name === undefined ? [] : dnsLabel(name);
  if (broken.length === 0) return [];
  const advice = `this is used in ${use}, which can result in surprising behavior; a DNS label is recommended`;
  return [`metadata.name: ${advice}: [${broken.join(' ')}]`];
}
