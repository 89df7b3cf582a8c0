"""The Kubernetes manifests against the real schemas (PyPI kubernetes-validate), and what they promise."""
import subprocess

from pathlib import Path

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
