import { anyKind, type KindRules } from '../rules.ts';
import { application } from './application.ts';
import { applicationrevision } from './applicationrevision.ts';
import { configmap } from './configmap.ts';
import { customresourcedefinition } from './customresourcedefinition.ts';
import { deployment } from './deployment.ts';
import { endpointslice } from './endpointslice.ts';
import { event } from './event.ts';
import { horizontalpodautoscaler } from './horizontalpodautoscaler.ts';
import { job } from './job.ts';
import { lease } from './lease.ts';
import { namespace } from './namespace.ts';
import { node } from './node.ts';
import { pod } from './pod.ts';
import { replicaset } from './replicaset.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { serviceaccount } from './serviceaccount.ts';

/** What schemas cannot say, kind by kind. */
export const strategies: readonly KindRules[] = [
  anyKind(application),
  anyKind(applicationrevision),
  anyKind(configmap),
  anyKind(customresourcedefinition),
  anyKind(deployment),
  anyKind(endpointslice),
  anyKind(event),
  anyKind(horizontalpodautoscaler),
  anyKind(job),
  anyKind(lease),
  anyKind(namespace),
  anyKind(node),
  anyKind(pod),
  anyKind(replicaset),
  anyKind(secret),
  anyKind(service),
  anyKind(serviceaccount),
];
