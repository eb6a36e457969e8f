import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '@nearhit/config';
import { validate as isDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as isStatefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { validate as isAutoscaler } from 'kubernetes-models/_schemas/IoK8sApiAutoscalingV2HorizontalPodAutoscaler';
import { validate as isConfigMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap';
import { validate as isNamespace } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Namespace';
import { validate as isService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as isNetworkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as isBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { parse } from 'yaml';
import { FOLDER, type Manifest, manifestsOf, resourcesOf, selects, watched, workloadsOf } from './manifests.ts';

type Check = ((data: unknown) => boolean) & { errors?: unknown };
const SCHEMAS: Readonly<Record<string, Check>> = {
  'apps/v1 Deployment': isDeployment,
  'apps/v1 StatefulSet': isStatefulSet,
  'autoscaling/v2 HorizontalPodAutoscaler': isAutoscaler,
  'networking.k8s.io/v1 NetworkPolicy': isNetworkPolicy,
  'policy/v1 PodDisruptionBudget': isBudget,
  'v1 ConfigMap': isConfigMap,
  'v1 Namespace': isNamespace,
  'v1 Service': isService,
};

const read = (path: string): string => readFileSync(new URL(path, FOLDER), 'utf8');
const all = resourcesOf('kustomization.yaml').flatMap((path) => manifestsOf(read(path)));
const ofKind = (kind: string): Manifest[] => all.filter((one) => one.kind === kind);
const titleOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;
const named = (manifests: readonly Manifest[]) => manifests.map((one) => [titleOf(one), one] as const);
const workloads = workloadsOf(all);
const own = workloads.filter(({ name }) => name !== 'redis');
const places = own.map((one) => [one.name, one] as const);
const variables = (of: (typeof own)[number]) => Object.fromEntries(of.container.env.map((one) => [one.name, one]));

const kubectl = ((): boolean => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: rendering infra/kubernetes needs kubectl (Debian: kubernetes-client)');
    return false;
  }
})();

describe('kubectl kustomize', () => {
  const render = (folder: string): string =>
    execFileSync('kubectl', ['kustomize', fileURLToPath(new URL(folder, FOLDER))], { encoding: 'utf8' });
  const whatIsIn = (manifests: readonly Manifest[]) => new Map(named(manifests));

  (kubectl ? test : test.skip)('renders what the files say, with a Redis and without one', () => {
    expect(whatIsIn(manifestsOf(render('.')))).toEqual(whatIsIn(all));
    const others = all.filter(({ metadata }) => metadata.labels['app.kubernetes.io/name'] !== 'redis');
    expect(whatIsIn(manifestsOf(render('base')))).toEqual(whatIsIn(others));
  });
});

test('the whole is the base and the Redis', () => {
  const base = resourcesOf('base/kustomization.yaml').map((path) => `base/${path}`);
  expect(resourcesOf('kustomization.yaml')).toEqual([...base, 'redis/redis.yaml']);
  expect(new Set(all.map(titleOf)).size).toBe(all.length);
});

describe('every object', () => {
  test.each(named(all))('%s is what its schema says, and has no field that the schema does not know', (_, object) => {
    const check = SCHEMAS[`${object.apiVersion} ${object.kind}`] as Check;
    const { proxy, unread } = watched(object);
    expect([check(proxy), check.errors]).toEqual([true, null]);
    expect(unread()).toEqual([]);
    expect(object.kind === 'Namespace' ? object.metadata.name : object.metadata.namespace).toBe('nearhit');
  });

  test('a misspelt field is found', () => {
    const [deployment] = ofKind('Deployment');
    const { proxy, unread } = watched({ ...deployment, spec: { ...deployment?.spec, replica: 3 } });
    expect([isDeployment(proxy), unread()]).toEqual([true, ['/spec/replica']]);
  });
});

describe('what belongs together', () => {
  test.each(workloads.map((one) => [one.name, one] as const))('%s selects its own pods, and no others', (_, one) => {
    const chosen = workloads.filter(({ labels }) => selects(one.spec.selector, labels));
    expect(chosen.map(({ name }) => name)).toEqual([one.name]);
    for (const { labelSelector } of one.pod.topologySpreadConstraints ?? [])
      expect(selects(labelSelector, one.labels)).toBe(true);
    const volumes = [
      ...(one.pod.volumes ?? []),
      ...(one.spec.volumeClaimTemplates ?? []).map((v: Manifest) => v.metadata),
    ];
    expect(volumes.map(({ name }) => name).sort()).toEqual(one.container.volumeMounts.map(({ name }) => name).sort());
    for (const { configMap } of one.pod.volumes ?? [])
      if (configMap !== undefined)
        expect(ofKind('ConfigMap').map(({ metadata }) => metadata.name)).toContain(configMap.name);
  });

  test.each(named(ofKind('Service')))('%s leads to a port of the pods that it selects', (_, { metadata, spec }) => {
    const [chosen, ...more] = workloads.filter(({ labels }) => selects({ matchLabels: spec.selector }, labels));
    expect([chosen?.name, more]).toEqual([metadata.name, []]);
    for (const { targetPort, port } of spec.ports) {
      const at = chosen?.container.ports.find(({ name }) => name === targetPort);
      expect(at).toBeDefined();
      if (metadata.name !== 'ingress') expect([spec.clusterIP, at?.containerPort]).toEqual(['None', port]);
    }
  });

  test('every StatefulSet has its headless Service', () => {
    const headless = ofKind('Service').filter(({ spec }) => spec.clusterIP === 'None');
    for (const { spec } of ofKind('StatefulSet'))
      expect(headless.map(({ metadata }) => metadata.name)).toContain(spec.serviceName);
  });

  test.each(named(ofKind('PodDisruptionBudget')))('%s lets one pod be evicted, of several', (_, { metadata, spec }) => {
    expect(spec).toMatchObject({ maxUnavailable: 1 });
    const [chosen, ...more] = workloads.filter(({ labels }) => selects(spec.selector, labels));
    expect([chosen?.name, more]).toEqual([metadata.name, []]);
    const scaler = ofKind('HorizontalPodAutoscaler').find((one) => one.metadata.name === metadata.name);
    expect(scaler?.spec.minReplicas ?? chosen?.spec.replicas).toBeGreaterThanOrEqual(2);
  });

  test('everything of ours has such a budget', () => {
    const budgets = ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name);
    expect(budgets.sort()).toEqual(own.map(({ name }) => name).sort());
  });

  test.each(named(ofKind('HorizontalPodAutoscaler')))(
    '%s scales what is there, on figures that there are',
    (_, { spec }) => {
      const target = workloads.find(
        ({ name, kind }) => name === spec.scaleTargetRef.name && kind === spec.scaleTargetRef.kind,
      );
      // Utilization is of what is requested; a number of replicas in the file would undo the autoscaler's.
      expect(target?.container.resources.requests.cpu).toEqual(expect.any(String));
      expect(target?.spec.replicas).toBeUndefined();
      const external = spec.metrics.flatMap(
        ({ external }: { external?: { metric: { name: string } } }) => external?.metric.name ?? [],
      );
      const adapter = parse(read('prometheus-adapter.yaml')).rules.external.map(
        ({ name }: { name: { as: string } }) => name.as,
      );
      for (const name of external) expect(adapter).toContain(name);
    },
  );
});

describe('who may reach whom', () => {
  const policies = ofKind('NetworkPolicy');
  const reachable = (to: (typeof workloads)[number], from: (typeof workloads)[number] | undefined): number[] =>
    policies
      .filter(({ spec }) => selects(spec.podSelector, to.labels))
      .flatMap(({ spec }) => spec.ingress ?? [])
      .filter(({ from: peers }) => {
        if (peers === undefined) return true;
        return peers.some(
          ({ podSelector }: { podSelector?: object }) => from && podSelector && selects(podSelector, from.labels),
        );
      })
      .flatMap(({ ports }) => ports.map(({ port }: { port: number }) => port));

  test.each(named(policies))('%s selects something, and opens ports that are there', (_, { spec }) => {
    const chosen = workloads.filter(({ labels }) => selects(spec.podSelector, labels));
    expect(chosen.length).toBeGreaterThan(0);
    const there = chosen.flatMap(({ container }) => container.ports.map(({ containerPort }) => containerPort));
    for (const { ports, from = [] } of spec.ingress ?? []) {
      for (const { port } of ports) expect(there).toContain(port);
      for (const { podSelector } of from)
        if (podSelector) expect(workloads.some(({ labels }) => selects(podSelector, labels))).toBe(true);
    }
  });

  test('everything is shut but what somebody of ours calls, and the ingress', () => {
    const names = (to: (typeof workloads)[number]) =>
      workloads
        .filter((from) => reachable(to, from).length > 0)
        .map(({ name }) => name)
        .sort();
    const callers = Object.fromEntries(workloads.map((one) => [one.name, names(one)]));
    expect(callers).toEqual({
      ...{ ingress: ['cache', 'embedding', 'ingress', 'redis', 'worker'], worker: [], cache: ['ingress', 'worker'] },
      ...{ embedding: ['cache', 'ingress', 'worker'], redis: ['cache', 'ingress', 'worker'] },
    });
    const open = workloads.filter((one) => reachable(one, undefined).length > 0);
    expect(open.map(({ name }) => name)).toEqual(['ingress']);
    const [shut] = policies.filter(({ spec }) => spec.ingress === undefined);
    for (const { labels } of workloads) expect(selects(shut?.spec.podSelector, labels)).toBe(true);
  });

  test('whoever monitors reaches the metrics of everything of ours', () => {
    const scraping = policies.find(({ metadata }) => metadata.name === 'metrics-from-monitoring');
    const ports = scraping?.spec.ingress[0].ports.map(({ port }: { port: number }) => port);
    for (const { labels, container } of own) {
      expect(selects(scraping?.spec.podSelector, labels)).toBe(true);
      expect(ports).toContain(container.ports[0]?.containerPort);
    }
  });
});

describe('our pods', () => {
  test.each(places)('%s needs no privilege, and writes nowhere but where it should', (_, { pod, container }) => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect([pod.automountServiceAccountToken, pod.terminationGracePeriodSeconds]).toEqual([false, 60]);
    expect(container.securityContext).toEqual({
      ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    });
    expect(Object.keys(container.resources.requests).sort()).toEqual(['cpu', 'memory']);
    expect(container.resources.limits.memory).toEqual(expect.any(String));
    for (const { mountPath, readOnly } of container.volumeMounts)
      expect(readOnly === true || mountPath === '/tmp' || mountPath.startsWith('/var/lib/nearhit')).toBe(true);
  });

  test.each(places)(
    '%s is asked whether it lives and whether it is ready, at a port that it has',
    (_, { container }) => {
      for (const [probe, path] of [
        ['startupProbe', '/healthz'],
        ['livenessProbe', '/healthz'],
        ['readinessProbe', '/readyz'],
      ] as const)
        expect(container[probe].httpGet).toEqual({ path, port: 'http' });
      const port = container.env.find(({ name }) => name === 'PORT')?.value;
      expect(container.ports).toEqual([{ name: 'http', containerPort: Number(port) }]);
    },
  );

  test('each is an image that infra/Dockerfile makes, of this version', () => {
    const dockerfile = readFileSync(new URL('../../infra/Dockerfile', import.meta.url), 'utf8');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    for (const { name, container } of own) {
      expect(container.image).toBe(`nearhit-${name}:${version}`);
      expect(dockerfile).toContain(`FROM base AS ${name}\n`);
      expect(dockerfile).toContain(`EXPOSE ${container.ports[0]?.containerPort}\n`);
    }
  });

  test.each(places)('%s is started with what the configuration knows, and can be read', (_, one) => {
    const asked = new Set<string>();
    const set = Object.fromEntries(
      one.container.env.map(({ name, value = 'from-the-secret-nearhit' }) => [name, value]),
    );
    const env = new Proxy<Record<string, string>>(
      {
        ...set,
        ...('REDIS_URL' in set && { REDIS_URL: 'redis://:password@redis:6379' }),
        NEARHIT_CONFIG: 'nearhit.yaml',
      },
      {
        get: (target, name) => {
          asked.add(String(name));
          return Reflect.get(target, name);
        },
      },
    );
    const cwd = mkdtempSync(join(tmpdir(), 'nearhit-kubernetes-'));
    try {
      writeFileSync(join(cwd, 'nearhit.yaml'), ofKind('ConfigMap')[0]?.data['nearhit.yaml']);
      const config = loadConfig({ env, cwd });
      expect(config.auth).toBe('required');
      for (const name of Object.keys(set)) expect([...asked]).toContain(name);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });

  test('one finds the other: by the names of Services, at their ports', () => {
    for (const one of own) {
      for (const name of ['EMBEDDING_URL', 'CACHE_URL']) {
        const value = variables(one)[name]?.value;
        if (value === undefined) continue;
        const { hostname, port } = new URL(value);
        const service = ofKind('Service').find(({ metadata }) => metadata.name === hostname);
        expect(service?.spec.ports[0].port).toBe(Number(port));
      }
    }
  });

  test('every entry of the Secret is in the command that makes it', () => {
    const page = readFileSync(new URL('../../docs/kubernetes.md', import.meta.url), 'utf8');
    const entries = workloads.flatMap(({ container }) =>
      container.env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
    );
    expect(new Set(entries.map(({ name }) => name))).toEqual(new Set(['nearhit']));
    for (const { key } of entries) expect(page).toContain(`--from-literal=${key}=`);
  });
});
