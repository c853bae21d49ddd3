import type { KustomizeSettings, RenderSettings } from '../renderer.ts';
import { patchesOf } from './argo-source.ts';
import { placeOf, sourceRefOf } from './flux-sources.ts';
import { Fields, type Around, type Import, type Readable } from './reading.ts';

/** Flux's Kustomization: a folder of this repository, with substitution, patches and a target namespace. */
export const fluxKustomization: Import = {
  form: 'FluxKustomization',
  words: ['Flux Kustomization', 'Flux Kustomizations'],
  kind: 'kustomize.toolkit.fluxcd.io/Kustomization',
  read: (definition, around) => {
    const fields = new Fields(definition);
    const { metadata } = definition.object;
    const namespace = metadata.namespace ?? 'flux-system';
    const written = fields.text(['spec', 'path']);
    const place = placeOf(sourceRefOf(fields, ['spec', 'sourceRef'], namespace), written, around);
    const path = 'path' in place ? place.path : '';
    const missing =
      'path' in place && !around.tree.folders.has(path) ? `there is no folder ${JSON.stringify(written)} in this repository` : undefined;
    const elsewhere = 'elsewhere' in place ? place.elsewhere : missing;
    const render = elsewhere === undefined ? renderOf(fields, namespace, around) : {};
    const application: Readable = {
      application: { namespace, name: metadata.name },
      form: 'FluxKustomization',
      origin: definition.origin,
      path,
      namespace: render.targetNamespace ?? 'default',
      cluster: clusterOf(fields, around.home),
      render,
      recurse: true,
      prune: fields.flag(['spec', 'prune']),
      suspended: fields.flag(['spec', 'suspend']),
      dependsOn: fields.list(['spec', 'dependsOn']).map((_, index) => {
        const given = fields.text(['spec', 'dependsOn', index, 'namespace']);
        return { namespace: given === '' ? namespace : given, name: fields.text(['spec', 'dependsOn', index, 'name']) };
      }),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    };
    return { applications: [application], problems: fields.problems };
  },
};

function renderOf(fields: Fields, namespace: string, around: Around): RenderSettings {
  const kustomize = kustomizeOf(fields);
  const substitute = substituteOf(fields, namespace, around);
  const targetNamespace = fields.text(['spec', 'targetNamespace']);
  return {
    ...(Object.keys(kustomize).length === 0 ? {} : { kustomize }),
    ...(substitute === undefined ? {} : { substitute }),
    ...(targetNamespace === '' ? {} : { targetNamespace }),
  };
}

/** Elsewhere, where it brings a kubeconfig of another cluster. */
export function clusterOf(fields: Fields, home: string): string {
  const [secret, map] = ['secretRef', 'configMapRef'].map((ref) => fields.text(['spec', 'kubeConfig', ref, 'name']));
  return [home, secret ?? '', map ?? ''].filter((part) => part !== '').join(' ');
}

function kustomizeOf(fields: Fields): KustomizeSettings {
  const [namePrefix, nameSuffix] = [fields.text(['spec', 'namePrefix']), fields.text(['spec', 'nameSuffix'])];
  const commonLabels = fields.textMap(['spec', 'commonMetadata', 'labels']);
  const commonAnnotations = fields.textMap(['spec', 'commonMetadata', 'annotations']);
  const components = fields.texts(['spec', 'components']);
  const patches = patchesOf(fields, ['spec', 'patches']);
  const images = fields.list(['spec', 'images']).map((_, index) => {
    const text = (name: string) => fields.text(['spec', 'images', index, name]);
    const [newName, newTag, digest] = [text('newName'), text('newTag'), text('digest')];
    return {
      name: text('name'),
      ...(newName === '' ? {} : { newName }),
      ...(newTag === '' ? {} : { newTag }),
      ...(digest === '' ? {} : { digest }),
    };
  });
  return {
    ...(namePrefix === '' ? {} : { namePrefix }),
    ...(nameSuffix === '' ? {} : { nameSuffix }),
    ...(Object.keys(commonLabels).length === 0 ? {} : { commonLabels }),
    ...(Object.keys(commonAnnotations).length === 0 ? {} : { commonAnnotations }),
    ...(components.length === 0 ? {} : { components }),
    ...(patches.length === 0 ? {} : { patches }),
    ...(images.length === 0 ? {} : { images }),
  };
}

/** `substitute` wins over `substituteFrom`; of those, later ones win. Values of Secrets are never read. */
function substituteOf(fields: Fields, namespace: string, around: Around): Readonly<Record<string, string>> | undefined {
  if (fields.at(['spec', 'postBuild']) === undefined) return undefined;
  const out: Record<string, string> = {};
  for (const index of fields.list(['spec', 'postBuild', 'substituteFrom']).keys()) {
    const at = ['spec', 'postBuild', 'substituteFrom', index];
    const [kind, name] = [fields.text([...at, 'kind']), fields.text([...at, 'name'])];
    const optional = fields.flag([...at, 'optional']);
    const map = kind === 'ConfigMap' ? configMap(name, namespace, around) : undefined;
    if (map !== undefined) Object.assign(out, map);
    else if (!optional)
      fields.wrong(
        at,
        kind === 'Secret'
          ? `the values of the Secret ${name} are not known here: where they are used, the text stays \${…}`
          : `the ConfigMap ${name} is not in this repository: where its values are used, the text stays \${…}`,
      );
  }
  return { ...out, ...fields.textMap(['spec', 'postBuild', 'substitute']) };
}
/** A ConfigMap as it stands in a file, where one does. */
function configMap(name: string, namespace: string, { tree, home }: Around): Readonly<Record<string, string>> | undefined {
  const all = (tree.configMaps.get(name) ?? []).filter((one) => one.namespace === undefined || one.namespace === namespace);
  const near = all.find(({ path }) => home !== '' && path.startsWith(`${home}/`)) ?? all[0];
  return near?.data;
}
