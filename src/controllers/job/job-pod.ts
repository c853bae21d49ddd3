import { Job, type Container, type Pod } from '../../api/kinds.generated.ts';
import { podFromTemplate } from '../pods/pod-template.ts';
import { trackingFinalizer } from './accounting.ts';
import { failureAnnotations, limitsIndexes } from './index-failures.ts';
import { indexAnnotation } from './indexes.ts';

const indexVariable = 'JOB_COMPLETION_INDEX';

/** A pod of the Job, with the tracking finalizer; one of an Indexed Job knows its index by annotation, label, host name and environment. `failed`: whose place it takes. */
export function jobPod(job: Readonly<Job>, index: number | undefined, failed?: Readonly<Pod>): Pod {
  const pod = podFromTemplate(job.spec.template, Job, job);
  const finalizers = pod.metadata.finalizers ?? [];
  pod.metadata.finalizers = finalizers.includes(trackingFinalizer) ? finalizers : [...finalizers, trackingFinalizer];
  if (index === undefined) return pod;
  pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  const failures = limitsIndexes(job) ? failureAnnotations(job, failed) : {};
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexAnnotation]: String(index), ...failures };
  pod.metadata.labels = { ...pod.metadata.labels, [indexAnnotation]: String(index) };
  pod.spec.hostname = `${job.metadata.name}-${index}`;
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) addIndexVariable(container);
  return pod;
}

function addIndexVariable(container: Container): void {
  if (container.env?.some((variable) => variable.name === indexVariable) === true) return;
  const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${indexAnnotation}']` };
  container.env = [...(container.env ?? []), { name: indexVariable, valueFrom: { fieldRef } }];
}
