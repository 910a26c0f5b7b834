/**
 * The Kubernetes manifests: by the API's own schemas, and that they fit each other and the command.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { StatefulSet } from "kubernetes-models/apps/v1";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { type IContainer, Namespace, Service } from "kubernetes-models/v1";
import { parseAllDocuments } from "yaml";
import { projectRoot, sourceText } from "../project/source-files.ts";
import { settleWords, strangers } from "./start-words.ts";

const DIRECTORY = "deploy/kubernetes";
const MODELS = { Namespace, Service, StatefulSet, PodDisruptionBudget, NetworkPolicy };

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const files = readdirSync(path.join(projectRoot, DIRECTORY)).filter((file) => file !== "kustomization.yaml");
const manifests = files.flatMap((file) =>
  parseAllDocuments(sourceText(`${DIRECTORY}/${file}`)).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  }),
);
const sets = manifests.filter(({ kind }) => kind === "StatefulSet").map((one) => new StatefulSet(one as never));
const services = manifests.filter(({ kind }) => kind === "Service").map((one) => new Service(one as never));

function containerOf({ spec }: StatefulSet): IContainer {
  return spec!.template!.spec!.containers[0]!;
}

function environmentOf({ env = [] }: IContainer): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value ?? "a-secret-of-the-cluster"]));
}

test("kubernetes: every manifest is valid by the API's schema, and there are all that are needed", (t) => {
  t.deepEqual(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
    "Namespace actor-dataflow",
    "NetworkPolicy coordinator",
    "NetworkPolicy worker",
    "PodDisruptionBudget worker",
    "Service coordinator",
    "Service worker",
    "StatefulSet coordinator",
    "StatefulSet worker",
  ]);
  for (const manifest of manifests) {
    const Model = MODELS[manifest.kind as keyof typeof MODELS] as new (
      data: never,
    ) => { readonly apiVersion: string; validate(): void };
    const model = new Model(manifest as never);
    t.is(model.apiVersion, manifest.apiVersion);
    t.notThrows(() => model.validate(), `${manifest.kind} ${manifest.metadata.name}`);
  }
});

test("kubernetes: the check by schema can fail", (t) => {
  const wrong = { ...manifests.find(({ kind }) => kind === "StatefulSet"), spec: { replicas: "four" } };
  t.throws(() => new StatefulSet(wrong as never).validate());
});

test("kubernetes: the kustomization names every manifest", (t) => {
  const { resources } = parseAllDocuments(sourceText(`${DIRECTORY}/kustomization.yaml`))[0]!.toJS() as {
    readonly resources: readonly string[];
  };
  t.deepEqual([...resources].sort(), [...files].sort());
});

test("kubernetes: kubectl reads the kustomization, where there is a kubectl", (t) => {
  const { error, status, stderr } = spawnSync("kubectl", ["kustomize", path.join(projectRoot, DIRECTORY)], {
    encoding: "utf8",
  });
  if (error !== undefined) t.log(`not tried: ${error.message}`);
  t.true(error !== undefined || status === 0, stderr);
});

test("kubernetes: what is started is settled as start settles it, and joins and listens where the services are", async (t) => {
  t.is(sets.length, 2);
  for (const set of sets) {
    const container = containerOf(set);
    const environment = environmentOf(container);
    t.deepEqual(strangers(environment), []);
    const { coordinator, worker, drainTimeoutMs } = await settleWords(container.args ?? [], {
      ...environment,
      ACTOR_DATAFLOW_ADVERTISE: "worker-0.worker",
    });
    const service = services.find(({ metadata }) => metadata?.name === set.spec?.serviceName);
    const port = service?.spec?.ports?.[0]?.port;
    t.is(coordinator?.port ?? worker?.exchange.port, port);
    t.is(container.ports?.[0]?.containerPort, port);
    t.is(container.ports?.[0]?.name, service?.spec?.ports?.[0]?.targetPort as string);
    t.is((coordinator?.host ?? worker?.exchange.host) as string, "0.0.0.0");
    const listen = coordinator?.listen ?? worker?.listen;
    t.truthy(listen?.tls);
    t.truthy(listen?.token);
    t.false(listen?.insecure);
    if (worker !== undefined) {
      t.deepEqual(worker.join, { host: "coordinator", port: 7411 });
      t.is(String(worker.slots), String(container.resources?.limits?.cpu));
    } else t.true(coordinator?.listen.hostNames.includes("coordinator"));
    t.true(Number(set.spec?.template.spec?.terminationGracePeriodSeconds) * 1000 > drainTimeoutMs);
  }
});

test("kubernetes: selectors find what they are meant to, journals lie on volumes that stay", (t) => {
  for (const set of sets) {
    const labels = set.spec?.template.metadata?.labels;
    t.deepEqual(set.spec?.selector.matchLabels, labels);
    const service = services.find(({ metadata }) => metadata?.name === set.spec?.serviceName);
    t.deepEqual(service?.spec?.selector, labels);
    const claim = set.spec?.volumeClaimTemplates?.[0];
    const mount = containerOf(set).volumeMounts?.find(({ name }) => name === claim?.metadata?.name);
    t.is(mount?.mountPath, "/var/lib/actor-dataflow");
    for (const { name } of containerOf(set).volumeMounts ?? []) {
      const volumes = set.spec?.template.spec?.volumes?.map((volume) => volume.name) ?? [];
      t.true([...volumes, claim?.metadata?.name].includes(name), name);
    }
  }
});

test("kubernetes: probes ask the coordinator for /healthz and /readyz, and no pod may more than it must", (t) => {
  const coordinator = containerOf(sets.find(({ metadata }) => metadata?.name === "coordinator")!);
  t.is(coordinator.livenessProbe?.httpGet?.path, "/healthz");
  t.is(coordinator.readinessProbe?.httpGet?.path, "/readyz");
  for (const set of sets) {
    const pod = set.spec?.template.spec;
    t.true(pod?.securityContext?.runAsNonRoot);
    t.false(pod?.automountServiceAccountToken);
    t.false(pod?.enableServiceLinks);
    const { securityContext, livenessProbe, startupProbe } = containerOf(set);
    t.true(securityContext?.readOnlyRootFilesystem);
    t.deepEqual(securityContext?.capabilities?.drop, ["ALL"]);
    t.truthy(livenessProbe);
    t.truthy(startupProbe);
  }
});
