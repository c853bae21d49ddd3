import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { InspectionMemo } from '../gitops/inspect.ts';
import { createRenderers } from '../gitops/renderers/index.ts';
import type { Renderer } from '../gitops/renderer.ts';
import type { Sources } from '../gitops/source.ts';
import { openSources } from '../gitops/sources/index.ts';
import { createValidate } from '../gitops/validate.ts';
import type { Validate } from '../gitops/reading.ts';
import { cacheHome, type Environment } from './environment.ts';

/** What turns a repository into checked manifests: the same for the daemon and for a single command. */
export interface Engine {
  readonly sources: Sources;
  readonly renderers: readonly Renderer[];
  readonly validate: Validate;
  /** Of the plans of one command. */
  readonly memo: InspectionMemo;
}

/** `directory` holds the mirrors; by default the cache that commands share. Close `sources` in the end. */
export function openEngine(environment: Environment, log: Log, directory = join(cacheHome(environment), 'git')): Engine {
  const { clock, random, variables } = environment;
  return {
    sources: openSources({ clock, random, log, directory, environment: variables }),
    renderers: createRenderers(),
    validate: createValidate(clock),
    memo: new InspectionMemo(),
  };
}
