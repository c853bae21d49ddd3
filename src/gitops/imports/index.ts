import { argoApplication } from './argo-application.ts';
import { argoApplicationSet } from './argo-applicationset.ts';
import { fluxHelmRelease } from './flux-helm-release.ts';
import { fluxKustomization } from './flux-kustomization.ts';
import type { Import } from './reading.ts';
import { steersmanApplication } from './steersman.ts';

export { folderApplications } from './folders.ts';

/** All ways of writing applications down. */
export const imports: readonly Import[] = [steersmanApplication, argoApplication, argoApplicationSet, fluxKustomization, fluxHelmRelease];
