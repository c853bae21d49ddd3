import { anyKind, type KindRules } from '../rules.ts';
import { application } from './application.ts';
import { applicationrevision } from './applicationrevision.ts';
import { clusterrole } from './clusterrole.ts';
import { clusterrolebinding } from './clusterrolebinding.ts';
import { configmap } from './configmap.ts';
import { csidriver } from './csidriver.ts';
import { csinode } from './csinode.ts';
import { csistoragecapacity } from './csistoragecapacity.ts';
import { customresourcedefinition } from './customresourcedefinition.ts';
import { deployment } from './deployment.ts';
import { endpoints } from './endpoints.ts';
import { endpointslice } from './endpointslice.ts';
import { event } from './event.ts';
import { horizontalpodautoscaler } from './horizontalpodautoscaler.ts';
import { ingress } from './ingress.ts';
import { ingressclass } from './ingressclass.ts';
import { ipaddress } from './ipaddress.ts';
import { job } from './job.ts';
import { lease } from './lease.ts';
import { limitrange } from './limitrange.ts';
import { namespace } from './namespace.ts';
import { networkpolicy } from './networkpolicy.ts';
import { node } from './node.ts';
import { pod } from './pod.ts';
import { replicaset } from './replicaset.ts';
import { resourcequota } from './resourcequota.ts';
import { role } from './role.ts';
import { rolebinding } from './rolebinding.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { serviceaccount } from './serviceaccount.ts';
import { servicecidr } from './servicecidr.ts';
import { storageclass } from './storageclass.ts';
import { volumeattributesclass } from './volumeattributesclass.ts';

/** What schemas cannot say, kind by kind. */
export const strategies: readonly KindRules[] = [
  anyKind(application),
  anyKind(applicationrevision),
  anyKind(clusterrole),
  anyKind(clusterrolebinding),
  anyKind(configmap),
  anyKind(csidriver),
  anyKind(csinode),
  anyKind(csistoragecapacity),
  anyKind(customresourcedefinition),
  anyKind(deployment),
  anyKind(endpoints),
  anyKind(endpointslice),
  anyKind(event),
  anyKind(horizontalpodautoscaler),
  anyKind(ingress),
  anyKind(ingressclass),
  anyKind(ipaddress),
  anyKind(job),
  anyKind(lease),
  anyKind(limitrange),
  anyKind(namespace),
  anyKind(networkpolicy),
  anyKind(node),
  anyKind(pod),
  anyKind(replicaset),
  anyKind(resourcequota),
  anyKind(role),
  anyKind(rolebinding),
  anyKind(secret),
  anyKind(service),
  anyKind(serviceaccount),
  anyKind(servicecidr),
  anyKind(storageclass),
  anyKind(volumeattributesclass),
];
