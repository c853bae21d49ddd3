import type { ProfileSpec } from './profile.ts';

/** What KubeSchedulerConfiguration says, with its defaults. */
export interface SchedulerConfiguration {
  readonly profiles: readonly ProfileSpec[];
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
}

/** As kube-scheduler without a file. */
export const defaultConfiguration: SchedulerConfiguration = {
  profiles: [{ schedulerName: 'default-scheduler' }],
  podInitialBackoffSeconds: 1,
  podMaxBackoffSeconds: 10,
};

export { readSchedulerConfiguration } from './configuration/read-configuration.ts';
