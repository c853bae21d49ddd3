import type { RuntimeError } from '../runtime.ts';

/** What a kubelet says of an image that cannot be had (pkg/kubelet/images/image_manager.go, kubernetes v1.35). */
export interface ImageFailure {
  readonly waiting: { readonly reason: string; readonly message: string };
  /** In this order. */
  readonly told: readonly (readonly [type: 'Normal' | 'Warning', reason: string, message: string])[];
}

/** Does the reason say that the image is what is missing? */
export function isAboutImage({ reason }: RuntimeError): boolean {
  return /Image/.test(reason);
}

/** `attempt` counts from 1: from the second on the next one is said to be put off. */
export function imageFailure(failure: RuntimeError, image: string, attempt: number): ImageFailure {
  const { message } = failure;
  switch (failure.reason) {
    case 'ErrImageNeverPull':
      return refusal(failure, 'ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`);
    case 'InvalidImageName':
      return refusal(failure, 'InspectFailed', `Failed to apply default image tag "${image}": ${message}`);
    case 'ImageInspectError':
      return refusal(failure, 'InspectFailed', `Failed to inspect image "${image}": ${message}`);
    default:
      return failedPull(failure, image, attempt);
  }
}

/** Nothing was tried. */
function refusal({ reason }: RuntimeError, event: string, message: string): ImageFailure {
  return {
    waiting: { reason, message },
    told: [
      ['Warning', event, message],
      ['Warning', 'Failed', `Error: ${reason}`],
    ],
  };
}

function failedPull({ reason, message }: RuntimeError, image: string, attempt: number): ImageFailure {
  const cause = reason === 'ImagePullBackOff' ? 'ErrImagePull' : reason;
  const told: ImageFailure['told'] = [
    ['Normal', 'Pulling', `Pulling image "${image}"`],
    ['Warning', 'Failed', `Failed to pull image "${image}": ${message}`],
    ['Warning', 'Failed', `Error: ${cause}`],
  ];
  if (attempt === 1) return { waiting: { reason: cause, message }, told };
  const putOff = `Back-off pulling image "${image}"`;
  return {
    waiting: { reason: 'ImagePullBackOff', message: `${putOff}: ${cause}: ${message}` },
    told: [...told, ['Normal', 'BackOff', putOff], ['Warning', 'Failed', 'Error: ImagePullBackOff']],
  };
}
