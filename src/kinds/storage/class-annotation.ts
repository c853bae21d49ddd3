/** Where the class stood before it had a field. */
export const classAnnotation = 'volume.beta.kubernetes.io/storage-class';
export const mountAnnotation = 'volume.beta.kubernetes.io/mount-options';

export function annotationWarnings(annotations: Readonly<Record<string, string>> | undefined): string[] {
  const warnings: string[] = [];
  if (annotations?.[classAnnotation] !== undefined) {
    warnings.push(`metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`);
  }
  if (annotations?.[mountAnnotation] !== undefined) {
    warnings.push(`metadata.annotations[${mountAnnotation}]: deprecated since v1.31; use "mountOptions" attribute instead`);
  }
  return warnings;
}
