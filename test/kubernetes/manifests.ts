import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';

export type Labels = Readonly<Record<string, string>>;

export interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: 'In'; readonly values: string[] }[];
}

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly Variable[];
  readonly envFrom?: readonly unknown[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  // biome-ignore lint/suspicious/noExplicitAny: what the schema has checked already
  readonly [field: string]: any;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Labels };
  // biome-ignore lint/suspicious/noExplicitAny: what the schema has checked already
  readonly [field: string]: any;
}

export interface Workload {
  readonly name: string;
  readonly kind: string;
  readonly labels: Labels;
  readonly container: Container;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly pod: any;
}

export const FOLDER = new URL('../../infra/kubernetes/', import.meta.url);

/** What a kustomization of this folder names, as it stands there. */
export function resourcesOf(kustomization: string): string[] {
  return parse(readFileSync(new URL(kustomization, FOLDER), 'utf8')).resources;
}

/** Every object of a text of several documents. Throws on what is no YAML. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map(({ kind, metadata, spec }) => ({
      ...{ name: metadata.name, kind, spec, pod: spec.template.spec },
      labels: spec.template.metadata.labels,
      container: spec.template.spec.containers[0],
    }));
}

export function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}

/** An object of the same content that takes down which of its fields are looked at. */
export function watched<T extends object>(value: T): { readonly proxy: T; unread(): string[] } {
  const read = new Set<string>();
  const wrap = (of: object, path: string): object =>
    new Proxy(of, {
      get(target, key) {
        const found = Reflect.get(target, key);
        const at = `${path}/${String(key)}`;
        read.add(at);
        return typeof found === 'object' && found !== null ? wrap(found, at) : found;
      },
    });
  const leaves = (of: object, path: string): string[] =>
    Object.entries(of).flatMap(([key, child]) => {
      const at = `${path}/${key}`;
      if (!read.has(at)) return [at];
      return typeof child === 'object' && child !== null ? leaves(child, at) : [];
    });
  return { proxy: wrap(value, '') as T, unread: () => leaves(value, '') };
}
