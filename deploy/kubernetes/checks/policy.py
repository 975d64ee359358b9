"""What must hold of the rendered manifests; each rule tells its faults, a sentence each.

    policy.py MANIFESTS SECRETS          tells all faults of what kubectl rendered, with the Secrets beside it
    policy.py MANIFESTS SECRETS --edge   prints NGINX's configuration as the edge would have it
"""

import functools
import ipaddress
import json
import re
import sys
from pathlib import Path

import jsonschema
import kubernetes_validate.utils
import yaml
from referencing import Registry, Resource

HERE = Path(__file__).resolve().parent.parent
REPO = HERE.parent.parent

# The oldest Kubernetes that has all that is used, and the newest whose schemas are known.
VERSIONS = ("1.30", "1.37")
# Variables of .env.production that mean nothing here: why.
NOT_HERE = {"MAIL_DIR": "a folder of a machine; pods send mail"}
# What a worker must never reach outside of what PostgreSQL's and Redis's policies say.
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")


class World:
    """The manifests, and what they are compared with."""

    def __init__(self, manifests, secrets):
        self.objects = [one for one in yaml.safe_load_all(Path(manifests).read_text()) if one]
        self.secrets = {one["metadata"]["name"]: set(one["data"]) for one in yaml.safe_load_all(Path(secrets).read_text()) if one}
        self.base_settings = (HERE / "base/settings.env").read_text()
        self.production = (REPO / ".env.production").read_text()
        self.template = (REPO / "nginx/nginx.conf.template").read_text()
        self.metrics = (REPO / "docs/metrics.md").read_text()
        self.adapter = yaml.safe_load((HERE / "prometheus-adapter.yaml").read_text())
        self.drains = {
            "server": drain(REPO / "crates/common/src/server.rs", r"const DRAIN_SECONDS: u64 = (\d+);"),
            "worker": drain(REPO / "services/workflow-worker/src/consumer.rs", r"const DRAIN: Duration = Duration::from_secs\((\d+)\);"),
        }

    def of(self, *kinds):
        return [one for one in self.objects if one["kind"] in kinds]

    def named(self, kind, name):
        """The object of that name; a generated one is known by its name without the digest."""
        for one in self.of(kind):
            if one["metadata"]["name"] == name or re.fullmatch(re.escape(name) + r"-[a-z0-9]{10}", one["metadata"]["name"]):
                return one
        return None

    def pods(self):
        """(who, the labels of its pods, their spec) of everything that makes pods."""
        for one in self.of("Deployment", "Job"):
            template = one["spec"]["template"]
            yield name_of(one), template["metadata"].get("labels", {}), template["spec"]


def drain(file, pattern):
    found = re.search(pattern, file.read_text())
    if not found:
        raise SystemExit(f"{file.name} does not say any more how long it drains: {pattern}")
    return int(found[1])


def name_of(one):
    return f"{one['kind']}/{one['metadata']['name']}"


def selects(selector, labels):
    """Whether a label selector matches."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        inside = labels.get(rule["key"]) in rule.get("values", [])
        if {"In": not inside, "NotIn": inside}.get(rule["operator"], True):
            return False
    return True


def ports_of(spec):
    return [port for container in spec["containers"] for port in container.get("ports", [])]


## Schemas


@functools.cache
def validator(version, kind, api):
    """The strict schema of a kind: fields that it does not know are faults."""
    read = functools.partial(kubernetes_validate.utils.schema_contents, desired_version=version)
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    schema = read(f"{folder}/{kind.lower()}-{api}.json")
    registry = Resource.from_contents(schema) @ Registry()
    registry = Resource.from_contents(read(f"{folder}/_definitions.json")) @ registry
    return jsonschema.validators.Draft202012Validator(schema, registry=registry)


@functools.cache
def schema_faults(text, version):
    one = json.loads(text)
    api = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", one["apiVersion"])
    try:
        known = validator(version, one["kind"], api)
    except FileNotFoundError:
        return [f"Kubernetes {version} has no {one['apiVersion']} {one['kind']}"]
    return [f"{name_of(one)}: {error.json_path}: {error.message} (Kubernetes {version})" for error in known.iter_errors(one)]


def each_object_is_what_kubernetes_knows(world):
    for one in world.objects:
        for version in VERSIONS:
            yield from schema_faults(json.dumps(one), version)


def everything_is_in_one_namespace_and_no_secret_is_here(world):
    cluster_wide = {"Namespace", "PriorityClass"}
    spaces = [one["metadata"]["name"] for one in world.of("Namespace")]
    if len(spaces) != 1:
        yield f"there are {len(spaces)} namespaces"
    for one in world.objects:
        if one["kind"] not in cluster_wide and one["metadata"].get("namespace") not in spaces:
            yield f"{name_of(one)} is in another namespace: {one['metadata'].get('namespace')}"
        if one["kind"] == "Secret":
            yield f"{name_of(one)}: secrets are never committed"


## Pods


def no_pod_has_more_than_it_needs(world):
    accounts = {one["metadata"]["name"]: one for one in world.of("ServiceAccount")}
    for who, _, spec in world.pods():
        account = accounts.get(spec.get("serviceAccountName"))
        if account is None:
            yield f"{who} has no ServiceAccount of its own"
        elif account.get("automountServiceAccountToken") is not False:
            yield f"{name_of(account)} hands out its token"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{who} mounts a token"
        if not world.named("PriorityClass", spec.get("priorityClassName", "")):
            yield f"{who} has no priority"
        for key in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
            if spec.get(key):
                yield f"{who} sets {key}"
        context = spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
            yield f"{who} may run as root"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{who} has no seccomp profile"
        for container in spec["containers"] + spec.get("initContainers", []):
            own = container.get("securityContext", {})
            if own.get("readOnlyRootFilesystem") is not True:
                yield f"{who} can write to its image"
            if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
                yield f"{who} can gain privileges"
            if own.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{who} keeps capabilities"
            if own.keys() & {"runAsUser", "runAsNonRoot", "seccompProfile"}:
                yield f"{who} overrides what its pod says"


def each_container_has_limits_and_a_version(world):
    for who, _, spec in world.pods():
        for container in spec["containers"] + spec.get("initContainers", []):
            resources = container.get("resources", {})
            for kind in ("requests", "limits"):
                for what in ("cpu", "memory"):
                    if what not in resources.get(kind, {}):
                        yield f"{who} has no {kind} of {what}"
            if not re.search(r":v?\d[\w.-]*$", container["image"]):
                yield f"{who} runs no stated version: {container['image']}"


def what_pods_name_is_there(world):
    for who, _, spec in world.pods():
        volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        for volume in volumes.values():
            if "hostPath" in volume:
                yield f"{who} mounts a folder of the host"
        mounted = {}
        for container in spec["containers"]:
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{who} mounts {mount['name']}, which there is not"
                else:
                    mounted[mount["mountPath"]] = volumes[mount["name"]]
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("configMapKeyRef")
                if reference and reference["key"] not in (world.named("ConfigMap", reference["name"]) or {"data": {}})["data"]:
                    yield f"{who} takes {variable['name']} from {reference['name']}, which has no {reference['key']}"
            for source in container.get("envFrom", []):
                if not world.named("ConfigMap", source["configMapRef"]["name"]):
                    yield f"{who} takes its settings from {source['configMapRef']['name']}, which there is not"
        secret = mounted.get("/run/secrets", {}).get("secret", {}).get("secretName")
        wanted = {
            Path(variable["value"]).name
            for container in spec["containers"]
            for variable in container.get("env", [])
            if variable["name"].endswith("_FILE")
        }
        if wanted != world.secrets.get(secret, set()):
            odd = ", ".join(sorted(wanted ^ world.secrets.get(secret, set())))
            yield f"{who} and its Secret {secret}, as deploy/kubernetes/secrets prints it, do not have the same files: {odd}"


def each_deployment_can_be_watched_and_replaced(world):
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in world.of("HorizontalPodAutoscaler")}
    for one in world.of("Deployment"):
        who, spec = name_of(one), one["spec"]
        labels, pod = spec["template"]["metadata"]["labels"], spec["template"]["spec"]
        if not selects(spec["selector"], labels):
            yield f"{who} does not select its own pods"
        if sum(selects(spec["selector"], other) for _, other, _ in world.pods()) != 1:
            yield f"{who} selects pods that are not its own"
        for container in pod["containers"]:
            names = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked = container.get(probe, {})
                asked = asked.get("httpGet") or asked.get("tcpSocket")
                if not asked:
                    yield f"{who} has no {probe}"
                elif asked["port"] not in names:
                    yield f"{who}: the {probe} asks a port that there is not: {asked['port']}"
        rolling = spec.get("strategy", {}).get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0:
            yield f"{who} goes below its number during an update"
        if len(pod.get("topologySpreadConstraints", [])) < 2:
            yield f"{who} is not spread over zones and hosts"
        if one["metadata"]["name"] in scaled and "replicas" in spec:
            yield f"{who} has replicas, and an autoscaler that disagrees"
        if scaled.get(one["metadata"]["name"], {}).get("minReplicas", spec.get("replicas", 1)) < 2:
            yield f"{who} runs once"
        budgets = [budget for budget in world.of("PodDisruptionBudget") if selects(budget["spec"]["selector"], labels)]
        if len(budgets) != 1:
            yield f"{who} has {len(budgets)} PodDisruptionBudgets"


def each_stop_has_the_time_it_takes(world):
    """preStop, then what the programs themselves take to drain, then 5 s to spare."""
    served = [one["spec"]["selector"] for one in world.of("Service")]
    for who, labels, spec in world.pods():
        if not who.startswith("Deployment/"):
            continue
        lifecycle = spec["containers"][0].get("lifecycle", {})
        pause = lifecycle.get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if pause < 10 and any(selects({"matchLabels": selector}, labels) for selector in served):
            yield f"{who} stops before everybody knows: NGINX asks for addresses every 5 s"
        drains = world.drains if labels.get("app.kubernetes.io/component") == "service" else {"": 5}
        if spec.get("terminationGracePeriodSeconds", 30) < pause + max(drains.values()) + 5:
            yield f"{who} is killed before it has drained"


def each_service_announces_an_address_that_can_be_reached(world):
    for who, labels, spec in world.pods():
        if labels.get("app.kubernetes.io/component") != "service":
            continue
        environment = spec["containers"][0].get("env", [])
        names = [variable["name"] for variable in environment]
        values = {variable["name"]: variable.get("value") for variable in environment}
        port = ports_of(spec)[0]["containerPort"]
        if values.get("BIND_ADDRESS") != f"$(POD_IP):{port}":
            yield f"{who} does not listen on its pod's address and port {port}"
        elif "POD_IP" not in names or names.index("POD_IP") > names.index("BIND_ADDRESS"):
            yield f"{who} does not know POD_IP when it sets BIND_ADDRESS"


## Services, autoscalers


def each_service_finds_pods(world):
    for one in world.of("Service"):
        found = [spec for _, labels, spec in world.pods() if selects({"matchLabels": one["spec"]["selector"]}, labels)]
        if not found:
            yield f"{name_of(one)} selects no pod"
        for port in one["spec"]["ports"]:
            for spec in found:
                if not any(port["targetPort"] in (own["name"], own["containerPort"]) for own in ports_of(spec)):
                    yield f"{name_of(one)} sends to a port that there is not: {port['targetPort']}"


def each_autoscaler_finds_what_it_scales_and_by_what(world):
    provided = {rule["name"]["as"]: rule for rule in world.adapter["rules"]["external"]}
    for one in world.of("HorizontalPodAutoscaler"):
        target = one["spec"]["scaleTargetRef"]
        if not world.named(target["kind"], target["name"]):
            yield f"{name_of(one)} scales {target['kind']}/{target['name']}, which there is not"
        for metric in one["spec"]["metrics"]:
            if metric["type"] != "External":
                continue
            name = metric["external"]["metric"]["name"]
            if name not in provided:
                yield f"{name_of(one)} asks for {name}, which prometheus-adapter.yaml does not provide"
            elif not provided[name]["seriesQuery"].startswith(name + "{") or f"`{name}`" not in world.metrics:
                yield f"{name_of(one)} asks for {name}, which docs/metrics.md does not know"
    for budget in world.of("PodDisruptionBudget"):
        if not any(selects(budget["spec"]["selector"], labels) for _, labels, _ in world.pods()):
            yield f"{name_of(budget)} selects no pod"


## Settings


def names_in(text):
    """The variables of a settings file, those that are commented out too."""
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def plain(name):
    return name.removesuffix("_FILE")


def settings_are_those_of_production(world):
    here = names_in(world.base_settings)
    per_pod = {
        variable["name"]
        for _, labels, spec in world.pods()
        if labels.get("app.kubernetes.io/component") == "service"
        for container in spec["containers"]
        for variable in container.get("env", [])
    } - {"POD_IP"}
    ours = {plain(name) for name in here | per_pod} | NOT_HERE.keys()
    known = {plain(name) for name in names_in(world.production)}
    for name in sorted(known - ours):
        yield f".env.production has {name}, which is not set here"
    for name in sorted(ours - known):
        yield f"{name} is set here, which .env.production does not know"
    for name in sorted((world.named("ConfigMap", "settings") or {"data": {}})["data"].keys() - here):
        yield f"{name} is set by the overlay, and not known to base/settings.env"


def edge_values(world):
    """What the edge fills its template in with."""
    spec = world.named("Deployment", "nginx")["spec"]["template"]["spec"]
    container = spec["containers"][0]
    values = {}
    for source in container["envFrom"]:
        values |= world.named("ConfigMap", source["configMapRef"]["name"])["data"]
    for variable in container["env"]:
        reference = variable["valueFrom"]["configMapKeyRef"]
        values[variable["name"]] = world.named("ConfigMap", reference["name"])["data"].get(reference["key"])
    return values


def edge_configuration(world):
    values = edge_values(world)
    return re.sub(r"\$\{([A-Z_]+)\}", lambda found: values[found[1]], world.template)


def the_edge_knows_where_everything_is(world):
    values, wanted = edge_values(world), set(re.findall(r"\$\{([A-Z_]+)\}", world.template))
    for name in sorted(wanted - values.keys()):
        yield f"nginx.conf.template asks for {name}, which the edge does not have"
    for name in sorted(values.keys() - wanted):
        yield f"the edge has {name}, which nginx.conf.template does not ask for"
    space = world.of("Namespace")[0]["metadata"]["name"]
    reachable = {
        f"{one['metadata']['name']}.{space}.svc.cluster.local:{port['port']}" for one in world.of("Service") for port in one["spec"]["ports"]
    }
    for name in sorted(values):
        if name.endswith("_UPSTREAM") and values[name] not in reachable:
            yield f"{name} is no Service: {values[name]}"
    ports = {str(port["containerPort"]) for port in ports_of(world.named("Deployment", "nginx")["spec"]["template"]["spec"])}
    if {values.get("LISTEN_HTTP"), values.get("LISTEN_TLS")} != ports:
        yield "the edge listens on other ports than its pods have"
    settings = world.named("ConfigMap", "settings")["data"]
    hosts = (values.get("CONSOLE_HOST"), values.get("API_HOST"))
    if (settings.get("CONSOLE_ORIGIN"), settings.get("API_ORIGIN")) != tuple(f"https://{host}" for host in hosts):
        yield "CONSOLE_ORIGIN and API_ORIGIN are not at CONSOLE_HOST and API_HOST"
    if settings.get("CERTIFICATE_HOSTS") != ",".join(map(str, hosts)):
        yield "CERTIFICATE_HOSTS are not CONSOLE_HOST and API_HOST"


## Network policies


def covers(rule_ports, port):
    """Whether the ports of a rule take in a TCP port; no ports take in all."""
    return not rule_ports or any(
        own["protocol"] == "TCP" and own["port"] <= port <= own.get("endPort", own["port"]) for own in rule_ports
    )


def flows(world, direction):
    """(from, to, port) for every way between two pods of ours that this side of the policies allows."""
    pods, found = list(world.pods()), set()
    side, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for policy in world.of("NetworkPolicy"):
        for own, labels, own_spec in pods:
            if direction not in policy["spec"]["policyTypes"] or not selects(policy["spec"]["podSelector"], labels):
                continue
            for rule in policy["spec"].get(side, []):
                for peer in rule.get(peers, []):
                    if "podSelector" not in peer or "namespaceSelector" in peer:
                        continue
                    for other, other_labels, other_spec in pods:
                        if selects(peer["podSelector"], other_labels):
                            start, end, spec = (other, own, own_spec) if direction == "Ingress" else (own, other, other_spec)
                            ports = [port["containerPort"] for port in ports_of(spec)]
                            found |= {(start, end, port) for port in ports if covers(rule.get("ports"), port)}
    return found


def open_to_all(world):
    """(who, port) of what takes connections from everywhere."""
    return {
        (who, port["containerPort"])
        for policy in world.of("NetworkPolicy")
        for who, labels, pod in world.pods()
        if selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("ingress", [])
        if not rule.get("from")
        for port in ports_of(pod)
        if covers(rule.get("ports"), port["containerPort"])
    }


def network_policies_let_through_what_they_mean_to(world):
    policies = world.of("NetworkPolicy")
    if not any(one["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} for one in policies):
        yield "no NetworkPolicy refuses everything to begin with"
    for policy in policies:
        spec = policy["spec"]
        found = [one for one in world.pods() if selects(spec["podSelector"], one[1])]
        if not found:
            yield f"{name_of(policy)} selects no pod"
        for side, peers in (("ingress", "from"), ("egress", "to")):
            if spec.get(side) and side.capitalize() not in spec["policyTypes"]:
                yield f"{name_of(policy)} has rules of {side} that do not count"
            for rule in spec.get(side, []):
                if side == "egress" and not rule.get("to"):
                    yield f"{name_of(policy)} lets its pods go everywhere"
                if not rule.get("ports"):
                    yield f"{name_of(policy)} opens every port"
                for peer in rule.get(peers, []):
                    if "podSelector" in peer and "namespaceSelector" not in peer:
                        if not any(selects(peer["podSelector"], labels) for _, labels, _ in world.pods()):
                            yield f"{name_of(policy)}: a rule of {side} names no pod: {peer['podSelector']}"
                if side == "ingress" and not any(covers(rule.get("ports"), port["containerPort"]) for _, _, pod in found for port in ports_of(pod)):
                    yield f"{name_of(policy)} opens a port that there is not"
    for who, port in sorted(open_to_all(world)):
        if who != "Deployment/nginx":
            yield f"{who} takes connections from everywhere on {port}"
    sent, taken = flows(world, "Egress"), flows(world, "Ingress")
    for start, end, port in sorted(sent - taken):
        if (end, port) in open_to_all(world):
            continue
        yield f"{start} may call {end} on {port}, which does not let it in"
    for start, end, port in sorted(taken - sent):
        yield f"{end} lets {start} in on {port}, which may not call it"


def no_step_of_a_workflow_reaches_what_is_private(world):
    worker = world.named("Deployment", "workflow-worker")["spec"]["template"]["metadata"]["labels"]
    stores = {5432, 6379, 26379}
    for policy in world.of("NetworkPolicy"):
        if not selects(policy["spec"]["podSelector"], worker):
            continue
        for rule in policy["spec"].get("egress", []):
            if {port["port"] for port in rule.get("ports", [])} <= stores and rule.get("ports"):
                continue
            for peer in rule.get("to", []):
                block = peer.get("ipBlock", {"cidr": "255.255.255.255/32"})
                for network in map(ipaddress.ip_network, PRIVATE):
                    excepted = any(network.subnet_of(ipaddress.ip_network(one)) for one in block.get("except", []))
                    if network.overlaps(ipaddress.ip_network(block["cidr"])) and not excepted:
                        yield f"{name_of(policy)} lets workers reach {network}"


RULES = [
    everything_is_in_one_namespace_and_no_secret_is_here,
    no_pod_has_more_than_it_needs,
    each_container_has_limits_and_a_version,
    what_pods_name_is_there,
    each_deployment_can_be_watched_and_replaced,
    each_stop_has_the_time_it_takes,
    each_service_announces_an_address_that_can_be_reached,
    each_service_finds_pods,
    each_autoscaler_finds_what_it_scales_and_by_what,
    settings_are_those_of_production,
    the_edge_knows_where_everything_is,
    network_policies_let_through_what_they_mean_to,
    no_step_of_a_workflow_reaches_what_is_private,
]


def faults(world):
    """All faults. The rules take for granted what the schemas say, so that faults of shape come alone."""
    shape = list(each_object_is_what_kubernetes_knows(world))
    return shape or [fault for rule in RULES for fault in rule(world)]


if __name__ == "__main__":
    seen = World(*sys.argv[1:3])
    if "--edge" in sys.argv:
        print(edge_configuration(seen))
    else:
        told = faults(seen)
        print("\n".join(told))
        sys.exit(bool(told))
