const text = (description: string) => ({ type: 'string', description });
const object = (description: string, properties: object, rest: object = {}) => ({ type: 'object', description, properties, ...rest });
const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`;
const apiVersion = text('The version of the schema of this object.');
const kind = text('What the object is.');

/** Components of every document that are no kinds of schemas/. Names and fields are upstream's. */
export const fixedComponents = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    description: 'An amount of a resource, as 500m, 1Gi or 0.5.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    description: 'A number, or text such as a percentage or a name.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': {
    description: 'A time as RFC 3339 has it, in whole seconds.',
    format: 'date-time',
    type: 'string',
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': {
    description: 'A time as RFC 3339 has it, in microseconds.',
    format: 'date-time',
    type: 'string',
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': {
    description: 'A change to an object, in the form that the Content-Type names.',
    type: 'object',
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta': object('What a list says of itself.', {
    continue: text('Where to read on; empty at the end.'),
    remainingItemCount: { type: 'integer', format: 'int64', description: 'How many objects come after this part, if known.' },
    resourceVersion: text('The version that the list shows; a watch goes on from it.'),
    selfLink: text('Not set any more.'),
  }),
  'io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions': object('What must hold for the object that is deleted.', {
    resourceVersion: text('The version it must have.'),
    uid: text('The uid it must have.'),
  }),
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': object('How to delete.', {
    apiVersion,
    kind,
    dryRun: { type: 'array', items: { type: 'string' }, description: 'All: nothing is stored.', 'x-kubernetes-list-type': 'atomic' },
    gracePeriodSeconds: { type: 'integer', format: 'int64', description: 'How long the object has to end; 0 is at once.' },
    orphanDependents: { type: 'boolean', description: 'The older form of propagationPolicy.' },
    preconditions: refTo(meta('Preconditions')),
    propagationPolicy: text('What becomes of dependents: Orphan, Background or Foreground.'),
  }),
  'io.k8s.apimachinery.pkg.apis.meta.v1.Status': object(
    'The outcome of a call that answers no object.',
    {
      apiVersion,
      kind,
      metadata: refTo(meta('ListMeta')),
      code: { type: 'integer', format: 'int32', description: 'The HTTP status code.' },
      details: { type: 'object', description: 'More about the reason.' },
      message: text('What happened, for people.'),
      reason: text('Why, in one word.'),
      status: text('Success or Failure.'),
    },
    { 'x-kubernetes-group-version-kind': [{ group: '', kind: 'Status', version: 'v1' }] },
  ),
  'io.k8s.api.autoscaling.v1.Scale': object(
    'How many replicas an object has and should have.',
    {
      apiVersion,
      kind,
      metadata: { type: 'object', description: 'Of the object that is scaled.' },
      spec: object('What is wanted.', { replicas: { type: 'integer', format: 'int32', description: 'How many there should be.' } }),
      status: object('What there is.', {
        replicas: { type: 'integer', format: 'int32', description: 'How many there are.' },
        selector: text('The label selector of the pods, as text.'),
      }),
    },
    { 'x-kubernetes-group-version-kind': [{ group: 'autoscaling', kind: 'Scale', version: 'v1' }] },
  ),
} as const;
/** What the fixed components refer to. */
export const fixedReferences: readonly (keyof typeof fixedComponents)[] = [
  'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions',
];
