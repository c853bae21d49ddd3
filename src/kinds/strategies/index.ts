import { anyKind, type KindRules } from '../rules.ts';
import { apiservice } from './apiservice.ts';
import { application } from './application.ts';
import { applicationrevision } from './applicationrevision.ts';
import { certificatesigningrequest } from './certificatesigningrequest.ts';
import { clusterrole } from './clusterrole.ts';
import { clusterrolebinding } from './clusterrolebinding.ts';
import { configmap } from './configmap.ts';
import { controllerrevision } from './controllerrevision.ts';
import { cronjob } from './cronjob.ts';
import { csidriver } from './csidriver.ts';
import { csinode } from './csinode.ts';
import { csistoragecapacity } from './csistoragecapacity.ts';
import { customresourcedefinition } from './customresourcedefinition.ts';
import { daemonset } from './daemonset.ts';
import { deployment } from './deployment.ts';
import { endpoints } from './endpoints.ts';
import { endpointslice } from './endpointslice.ts';
import { event } from './event.ts';
import { flowschema } from './flowschema.ts';
import { horizontalpodautoscaler } from './horizontalpodautoscaler.ts';
import { ingress } from './ingress.ts';
import { ingressclass } from './ingressclass.ts';
import { ipaddress } from './ipaddress.ts';
import { job } from './job.ts';
import { lease } from './lease.ts';
import { limitrange } from './limitrange.ts';
import { mutatingwebhookconfiguration } from './mutatingwebhookconfiguration.ts';
import { namespace } from './namespace.ts';
import { networkpolicy } from './networkpolicy.ts';
import { node } from './node.ts';
import { persistentvolume } from './persistentvolume.ts';
import { persistentvolumeclaim } from './persistentvolumeclaim.ts';
import { pod } from './pod.ts';
import { poddisruptionbudget } from './poddisruptionbudget.ts';
import { podtemplate } from './podtemplate.ts';
import { priorityclass } from './priorityclass.ts';
import { prioritylevelconfiguration } from './prioritylevelconfiguration.ts';
import { replicaset } from './replicaset.ts';
import { replicationcontroller } from './replicationcontroller.ts';
import { resourcequota } from './resourcequota.ts';
import { role } from './role.ts';
import { rolebinding } from './rolebinding.ts';
import { runtimeclass } from './runtimeclass.ts';
import { secret } from './secret.ts';
import { service } from './service.ts';
import { serviceaccount } from './serviceaccount.ts';
import { servicecidr } from './servicecidr.ts';
import { statefulset } from './statefulset.ts';
import { storageclass } from './storageclass.ts';
import { validatingadmissionpolicy } from './validatingadmissionpolicy.ts';
import { validatingadmissionpolicybinding } from './validatingadmissionpolicybinding.ts';
import { validatingwebhookconfiguration } from './validatingwebhookconfiguration.ts';
import { volumeattachment } from './volumeattachment.ts';
import { volumeattributesclass } from './volumeattributesclass.ts';

/** What schemas cannot say, kind by kind. */
export const strategies: readonly KindRules[] = [
  anyKind(apiservice),
  anyKind(application),
  anyKind(applicationrevision),
  anyKind(certificatesigningrequest),
  anyKind(clusterrole),
  anyKind(clusterrolebinding),
  anyKind(configmap),
  anyKind(controllerrevision),
  anyKind(cronjob),
  anyKind(csidriver),
  anyKind(csinode),
  anyKind(csistoragecapacity),
  anyKind(customresourcedefinition),
  anyKind(daemonset),
  anyKind(deployment),
  anyKind(endpoints),
  anyKind(endpointslice),
  anyKind(event),
  anyKind(flowschema),
  anyKind(horizontalpodautoscaler),
  anyKind(ingress),
  anyKind(ingressclass),
  anyKind(ipaddress),
  anyKind(job),
  anyKind(lease),
  anyKind(limitrange),
  anyKind(mutatingwebhookconfiguration),
  anyKind(namespace),
  anyKind(networkpolicy),
  anyKind(node),
  anyKind(persistentvolume),
  anyKind(persistentvolumeclaim),
  anyKind(pod),
  anyKind(poddisruptionbudget),
  anyKind(podtemplate),
  anyKind(priorityclass),
  anyKind(prioritylevelconfiguration),
  anyKind(replicaset),
  anyKind(replicationcontroller),
  anyKind(resourcequota),
  anyKind(role),
  anyKind(rolebinding),
  anyKind(runtimeclass),
  anyKind(secret),
  anyKind(service),
  anyKind(serviceaccount),
  anyKind(servicecidr),
  anyKind(statefulset),
  anyKind(storageclass),
  anyKind(validatingadmissionpolicy),
  anyKind(validatingadmissionpolicybinding),
  anyKind(validatingwebhookconfiguration),
  anyKind(volumeattachment),
  anyKind(volumeattributesclass),
];
