"""Whether the rules notice what they are there for: each change, made to good manifests, must bring about exactly the faults
named beside it.

    mutations.py MANIFESTS SECRETS
"""

import copy
import sys

from policy import World, faults


def deployment(world, name="auth-service"):
    return world.named("Deployment", name)["spec"]


def pod(world, name="auth-service"):
    return deployment(world, name)["template"]["spec"]


def app(world, name="auth-service"):
    return pod(world, name)["containers"][0]


def policy(world, name):
    return world.named("NetworkPolicy", name)["spec"]


def settings(world):
    return world.named("ConfigMap", "settings")["data"]


def edge(world):
    return world.named("ConfigMap", "edge")["data"]


def remove(world, kind, name):
    world.objects.remove(world.named(kind, name))


def put(target, **values):
    target.update(values)


def drop(target, key):
    del target[key]


def variable(world, name):
    return next(one for one in app(world)["env"] if one["name"] == name)


# What is changed, how, and the words of each fault that this must bring about.
MUTATIONS = [
    # Schemas.
    ("a field that there is not", lambda w: put(app(w)["livenessProbe"], failureTreshold=3), ["'failureTreshold' was unexpected"] * 2),
    ("a number as a text", lambda w: put(pod(w), terminationGracePeriodSeconds="60"), ["'60' is not of type"] * 2),
    ("a list where one is meant", lambda w: put(app(w), image=["a", "b"]), ["is not of type"] * 2),
    ("a kind that there is not", lambda w: put(w.named("HorizontalPodAutoscaler", "auth-service"), apiVersion="autoscaling/v2beta2"), ["has no autoscaling/v2beta2"] * 2),
    ("a Secret", lambda w: w.objects.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "codexdominion"}}), ["never committed"]),
    ("another namespace", lambda w: put(w.named("Service", "nextjs")["metadata"], namespace="default"), ["is in another namespace"]),
    # Pods.
    ("no probe", lambda w: drop(app(w), "readinessProbe"), ["has no readinessProbe"]),
    ("a probe of another port", lambda w: put(app(w)["livenessProbe"]["httpGet"], port="web"), ["asks a port that there is not"]),
    ("no limit of memory", lambda w: drop(app(w)["resources"]["limits"], "memory"), ["has no limits of memory"]),
    ("no request of cpu", lambda w: drop(app(w)["resources"]["requests"], "cpu"), ["has no requests of cpu"]),
    ("no securityContext of the pod", lambda w: drop(pod(w), "securityContext"), ["may run as root", "has no seccomp profile"]),
    ("no securityContext of the container", lambda w: drop(app(w), "securityContext"), ["can write to its image", "can gain privileges", "keeps capabilities"]),
    ("a capability", lambda w: put(app(w)["securityContext"]["capabilities"], add=["NET_RAW"]), ["keeps capabilities"]),
    ("root after all", lambda w: put(app(w)["securityContext"], runAsUser=0), ["overrides what its pod says"]),
    ("the host's network", lambda w: put(pod(w), hostNetwork=True), ["sets hostNetwork"]),
    ("a token", lambda w: drop(pod(w), "automountServiceAccountToken"), ["mounts a token"]),
    ("the default account", lambda w: drop(pod(w), "serviceAccountName"), ["has no ServiceAccount of its own"]),
    ("a class that there is not", lambda w: put(pod(w), priorityClassName="high"), ["has no priority"]),
    ("the latest version", lambda w: put(app(w), image="codexdominion/auth-service:latest"), ["runs no stated version"]),
    ("a volume that there is not", lambda w: put(app(w)["volumeMounts"][0], name="gone"), ["mounts gone, which there is not", "do not have the same files"]),
    ("a secret that is not made", lambda w: w.secrets["auth-service"].remove("jwt_secret"), ["do not have the same files: jwt_secret"]),
    ("a secret that nobody reads", lambda w: w.secrets["migrate"].add("redis_url"), ["do not have the same files: redis_url"]),
    # Updates.
    ("fewer during an update", lambda w: put(deployment(w)["strategy"]["rollingUpdate"], maxUnavailable=1), ["goes below its number"]),
    ("one instance", lambda w: put(deployment(w, "nextjs"), replicas=1), ["runs once"]),
    ("replicas beside an autoscaler", lambda w: put(deployment(w), replicas=3), ["an autoscaler that disagrees"]),
    ("no time to drain", lambda w: put(pod(w), terminationGracePeriodSeconds=40), ["is killed before it has drained"]),
    ("a longer drain", lambda w: put(w.drains, server=50), ["is killed before it has drained"] * 4),
    ("no pause before the stop", lambda w: drop(app(w), "lifecycle"), ["stops before everybody knows"]),
    ("no budget", lambda w: remove(w, "PodDisruptionBudget", "nginx"), ["has 0 PodDisruptionBudgets"]),
    ("all on one host", lambda w: drop(pod(w), "topologySpreadConstraints"), ["is not spread"]),
    ("an address that nobody reaches", lambda w: put(variable(w, "BIND_ADDRESS"), value="127.0.0.1:8001"), ["does not listen on its pod's address"]),
    ("an address before it is known", lambda w: app(w)["env"].reverse(), ["does not know POD_IP"]),
    # Services and autoscalers.
    ("a Service without pods", lambda w: put(w.named("Service", "nextjs")["spec"], selector={"app": "console"}), ["Service/nextjs selects no pod"]),
    ("a Service of another port", lambda w: put(w.named("Service", "nextjs")["spec"]["ports"][0], targetPort="web"), ["sends to a port that there is not"]),
    ("nothing to scale", lambda w: put(w.named("HorizontalPodAutoscaler", "workflow-worker")["spec"]["scaleTargetRef"], name="worker"), ["which there is not", "workflow-worker runs once"]),
    ("a metric that nobody provides", lambda w: put(w.named("HorizontalPodAutoscaler", "workflow-worker")["spec"]["metrics"][0]["external"]["metric"], name="queue_length"), ["does not provide"]),
    ("a metric that nobody has", lambda w: put(w.adapter["rules"]["external"][0], seriesQuery="rq_length{}"), ["docs/metrics.md does not know"]),
    ("a budget for nobody", lambda w: put(w.named("PodDisruptionBudget", "nginx")["spec"]["selector"]["matchLabels"], **{"app.kubernetes.io/name": "edge"}), ["selects no pod", "has 0 PodDisruptionBudgets"]),
    # Settings.
    ("a variable of production that is not here", lambda w: put(w.__dict__, production=w.production + "\n#NEW_THING=1\n"), [".env.production has NEW_THING"]),
    ("a variable that production does not know", lambda w: put(w.__dict__, base_settings=w.base_settings + "\nOLD_THING=1\n"), ["OLD_THING is set here"]),
    ("a variable of a pod that production does not know", lambda w: app(w)["env"].append({"name": "JTW_SECRET", "value": "x"}), ["JTW_SECRET is set here"]),
    ("an overlay's misspelt variable", lambda w: put(settings(w), LOG_LEVLE="info"), ["LOG_LEVLE is set by the overlay"]),
    ("a setting that is gone", lambda w: drop(settings(w), "API_ORIGIN"), ["has no API_ORIGIN", "are not at CONSOLE_HOST"]),
    ("a host renamed in one place", lambda w: put(edge(w), API_HOST="api.example.org"), ["are not at CONSOLE_HOST", "CERTIFICATE_HOSTS are not"]),
    # The edge.
    ("a template that asks for more", lambda w: put(w.__dict__, template=w.template + "${NEW_THING}"), ["asks for NEW_THING"]),
    ("a value that no template asks for", lambda w: put(edge(w), OLD_THING="1"), ["the edge has OLD_THING"]),
    ("an upstream elsewhere", lambda w: put(edge(w), AUTH_UPSTREAM="auth-service:8001"), ["AUTH_UPSTREAM is no Service"]),
    # Network policies.
    ("nothing refused", lambda w: remove(w, "NetworkPolicy", "nobody"), ["refuses everything to begin with"]),
    ("a policy for nobody", lambda w: put(policy(w, "nextjs")["podSelector"]["matchLabels"], **{"app.kubernetes.io/name": "console"}),
     ["NetworkPolicy/nextjs selects no pod", "opens a port that there is not", "does not let it in", "does not let it in"]),
    ("a peer that is nobody", lambda w: put(policy(w, "nextjs")["ingress"][0]["from"][0]["podSelector"]["matchLabels"], **{"app.kubernetes.io/name": "edge"}),
     ["names no pod", "nginx may call Deployment/nextjs on 3000"]),
    ("a port that is closed", lambda w: put(policy(w, "auth-service")["ingress"][0]["ports"][0], port=9001), ["opens a port that there is not"] + ["does not let it in"] * 3),
    ("one side only", lambda w: policy(w, "council-service").pop("egress"), ["may not call it"]),
    ("a service open to all", lambda w: policy(w, "council-service")["ingress"][0].pop("from"), ["takes connections from everywhere"]),
    ("rules that do not count", lambda w: put(policy(w, "workflow-worker"), policyTypes=["Ingress"]), ["rules of egress that do not count"]),
    ("a way to everywhere", lambda w: policy(w, "to-redis")["egress"][0].pop("to"), ["go everywhere"]),
    ("every port", lambda w: policy(w, "to-redis")["egress"][0].pop("ports"), ["opens every port", "lets workers reach 10.0.0.0/8"]),
    ("a worker that reaches metadata", lambda w: policy(w, "workflow-worker")["egress"][0]["to"][0]["ipBlock"]["except"].remove("169.254.0.0/16"),
     ["lets workers reach 169.254.0.0/16"]),
]


def difference(told, words):
    """What was told, when it is not one fault for each of the words."""
    left = list(told)
    for word in words:
        found = next((fault for fault in left if word in fault), None)
        if found is None:
            break
        left.remove(found)
    else:
        if not left:
            return ""
    return "noticed: " + ("; ".join(told) or "nothing")


def main(manifests, secrets):
    good, wrong = World(manifests, secrets), 0
    if faults(good):
        raise SystemExit("the manifests are not good to begin with")
    for title, change, words in MUTATIONS:
        world = copy.deepcopy(good)
        change(world)
        found = difference(faults(world), words)
        if found:
            wrong += 1
            print(f"{title}: {found}")
    print(f"{len(MUTATIONS) - wrong} of {len(MUTATIONS)} changes were noticed")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(*sys.argv[1:3])))
