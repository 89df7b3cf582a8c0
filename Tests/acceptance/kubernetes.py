"""The Kubernetes manifests against the real schemas (PyPI kubernetes-validate), what they promise, and their containers under podman."""
import json
import os
import subprocess
import time

from pathlib import Path

from harness import Journal, wait_until
from shards import rows, serve

FOLDER = Path(__file__).resolve().parents[2] / "Profiles/cluster/kubernetes"


def rendered(overlay):
    """What kubectl would apply; it needs no cluster for that."""
    import yaml

    text = subprocess.run(["kubectl", "kustomize", str(FOLDER / overlay)], capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(text))


def faults(document):
    import kubernetes_validate

    try:
        kubernetes_validate.validate(document, "1.32", strict=True)
        return []
    except kubernetes_validate.ValidationError as error:
        return [f"{document.get('kind')}: {error}"]


def manifests(bench):
    """Every document is valid, a wrong word in any is not; shards, completions and pods agree."""
    import copy
    import yaml

    base, sharded = rendered("base"), rendered("sharded")
    merge = list(yaml.safe_load_all((FOLDER / "sharded/merge.yaml").read_text()))
    for name, documents in (("base", base), ("sharded", sharded), ("merge", merge)):
        bench.equal(f"faults of {name}", sum((faults(d) for d in documents), []), [])
        for document in documents:
            if document["kind"] != "Job":
                continue
            wrong = copy.deepcopy(document)
            wrong["spec"]["completionMod"] = "Indexed"
            bench.equal(f"a wrong word in {name} is a fault", len(faults(wrong)), 1)
            container = document["spec"]["template"]["spec"]["containers"][0]
            resources = container["resources"]
            bench.equal(f"{name} is Guaranteed", resources["requests"] == resources["limits"], True)
    job = next(d for d in sharded if d["kind"] == "Job")["spec"]
    pod = job["template"]["spec"]
    words = pod["containers"][0]["args"]
    shards = int(words[words.index("--shard") + 1].removeprefix("auto/"))
    bench.equal("shards, completions, pods at a time", (shards, job["completions"], job["parallelism"]), (4, 4, 4))
    bench.equal("a lost shard is not begun again", job["backoffLimitPerIndex"], 0)
    bench.equal("modes", (job["completionMode"], "backoffLimit" in job), ("Indexed", False))
    bench.equal("grace above the drain's 30 s", pod["terminationGracePeriodSeconds"] > 30, True)
    bench.equal("spread over nodes", pod["topologySpreadConstraints"][0]["topologyKey"], "kubernetes.io/hostname")
    merged = merge[0]["spec"]["template"]["spec"]["containers"][0]["args"]
    bench.equal("shards that are merged", sum(word.startswith("/results/shards/") for word in merged), shards)


PODMAN = ["podman", "--cgroup-manager=cgroupfs", "--events-backend=file"]
PROFILE = """
targets:
  - {name: server, url: http://llm-server:%s/v1, model: simulated, key: {env: SPATE_KEY}}
workload: {prompts: {synthetic: {input_tokens: 20}, calibrate: false}, max_tokens: 8}
warmup: {requests: 4}
phases:
  - batch: {requests: 203, concurrency: 10}
  - rate: {rps: 80, requests: 161, arrivals: poisson}
"""


def container(bench, pod, index=None, start_at=None, name="pod"):
    """A pod's container as its manifest has it: image, words, user, variables, volumes. The volumes are folders of this machine."""
    spec = pod["containers"][0]
    words = [word.replace("$(JOB_COMPLETION_INDEX)", str(index)) for word in spec["args"]]
    if start_at:
        words[words.index("--start-at") + 1] = start_at
    folders = {"results": bench.folder / "results", "profile": bench.folder / "profile"}
    flags = ["--rm", "--name", f"{bench.folder.name}-{name}", "--network", "host", "--hostname", name, "--add-host", "llm-server:127.0.0.1",
             "--runtime", "runc", "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096",
             "--user", str(pod["securityContext"]["runAsUser"])]
    for mount in spec["volumeMounts"]:
        flags += ["-v", f"{folders[mount['name']]}:{mount['mountPath']}" + (":ro" if mount.get("readOnly") else "")]
    for variable in spec.get("env", []):
        flags += ["-e", f"{variable['name']}=from-the-secret"]
    if index is not None:
        flags += ["-e", f"JOB_COMPLETION_INDEX={index}"]
    image = os.environ.get("SPATE_IMAGE", f"localhost/{spec['image']}")
    child = subprocess.Popen(
        [*PODMAN, "run", *flags, image, *words], stdin=subprocess.DEVNULL,
        stdout=open(bench.folder / f"{name}.out", "wb"), stderr=open(bench.folder / f"{name}.err", "wb"),
    )
    bench.children.append(child)
    return child


def indexed(bench):
    """Each index's container of the Indexed Job, then the merge Job's, from the manifests' own words; one index is killed in a second run.

    SPATE_IMAGE names the image (make dist, then the Dockerfile).
    """
    import yaml

    job = next(d for d in rendered("sharded") if d["kind"] == "Job")["spec"]
    pod = job["template"]["spec"]
    merge = list(yaml.safe_load_all((FOLDER / "sharded/merge.yaml").read_text()))[0]["spec"]["template"]["spec"]
    url, truth, server = serve(bench, "server")
    for folder in ("profile", "results"):
        (bench.folder / folder).mkdir()
    (bench.folder / "results").chmod(0o777)
    bench.folder.chmod(0o755)
    (bench.folder / "profile/profile.yaml").write_text(PROFILE % url.split(":")[-1].split("/")[0])

    def run(victim=None):
        start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 12))
        before = len(Journal(truth).requests) if truth.exists() else 0
        children = [container(bench, pod, index, start, name=f"spate-{index}") for index in range(job["completions"])]
        if victim is not None:
            wait_until(lambda: truth.exists() and len(Journal(truth).requests) > before + 50, 60)
            subprocess.run([*PODMAN, "kill", f"{bench.folder.name}-spate-{victim}"], capture_output=True)
        return [child.wait(timeout=180) for child in children]

    statuses = run()
    bench.row("containers of the indexes end", f"{statuses}", "0 or 97", all(status in (0, 97) for status in statuses))
    status = container(bench, merge, name="merge").wait(timeout=120)
    bench.row("the merge Job's container", f"{status}", "0 or 97", status in (0, 97))
    summary = json.loads((bench.folder / "results/whole/summary.json").read_text())
    found = summary["shards"]["shards"]
    bench.equal("machines", [shard["host"] for shard in found], [f"spate-{index}" for index in range(4)])
    bench.row("found by", found[3]["origin"], "JOB_COMPLETION_INDEX=3", "JOB_COMPLETION_INDEX=3" in found[3]["origin"])
    bench.row("latest beginning", f"{max(shard['late_ms'] for shard in found):.1f} ms late", "0 ms", max(shard["late_ms"] for shard in found) == 0)
    phases = summary["targets"][0]["phases"]
    bench.equal("requests of the job and of the arrivals", [p["stats"]["requests"]["scheduled"] for p in phases], [203, 161])
    items = rows(bench.folder / "results/whole", "SELECT count(DISTINCT item) FROM requests WHERE item IS NOT NULL")[0][0]
    bench.equal("prompts, each once", items, 203)
    subprocess.run(["rm", "-rf", str(bench.folder / "results/shards"), str(bench.folder / "results/whole")], check=True)
    (bench.folder / "profile/profile.yaml").write_text((bench.folder / "profile/profile.yaml").read_text().replace("rps: 80, requests: 161", "rps: 20, for: 15s"))
    statuses = run(victim=2)
    bench.row("an index is killed", f"{statuses}", "137 of index 2", statuses[2] == 137 and all(s in (0, 97) for i, s in enumerate(statuses) if i != 2))
    status = container(bench, merge, name="merge").wait(timeout=120)
    words = (bench.folder / "merge.err").read_text()
    bench.equal("the merge Job's container refuses", status, 104)
    bench.row("and names it", words.strip()[-70:], "shard 2 ...", "shard 2 (" in words and "missing" in words)
    server.terminate()
