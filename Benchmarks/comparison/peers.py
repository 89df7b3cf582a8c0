"""Other load generators, from PyPI, each in a virtual environment of its own."""

import glob
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

from .figures import median, percentile
from .processes import Failed, Process

VERSIONS = {"vllm": "0.33.0", "aiperf": "0.13.0", "guidellm": "0.8.1", "sglang": "0.5.23"}
WORDS = "the of and to in is you that it he was for on are as with his they at be this have from or one had by word"


@dataclass
class Load:
    """What a tool is asked for, and where it may leave its result."""

    url: str
    streams: int
    tokens: int
    requests: int
    tokenizer: str
    result: str


class VllmRust:
    name, package = "vllm-rs", "vllm"

    def command(self, folder, load):
        return [
            f"{site_packages(folder)}/vllm/vllm-rs", "bench", "serve", "--backend", "openai-chat", "--base-url", load.url,
            "--endpoint", "/v1/chat/completions", "--model", "bench", "--tokenizer", load.tokenizer,
            "--dataset-name", "random", "--random-input-len", "200", "--random-output-len", str(load.tokens),
            "--num-prompts", str(load.requests), "--max-concurrency", str(load.streams), "--ignore-eos",
            "--temperature", "0", "--disable-tqdm", "--save-result", "--result-dir", os.path.dirname(load.result),
            "--result-filename", os.path.basename(load.result)]

    def told(self, path):
        found = read(path)
        return told(found["median_ttft_ms"], found["p99_ttft_ms"], found["median_tpot_ms"], found["output_throughput"],
                    found["completed"], found["failed"])


class VllmPython:
    name, package = "vllm python", "vllm"

    def command(self, folder, load):
        driver = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vllm_request_function.py")
        return [f"{folder}/bin/python", driver,
                f"{site_packages(folder)}/vllm/benchmarks/lib/endpoint_request_func.py", load.url, str(load.streams),
                str(load.tokens), str(load.requests), load.result]

    def told(self, path):
        found = read(path)
        return told(median(found["ttfts"]) * 1e3, percentile(found["ttfts"], 99) * 1e3, median(found["tpots"]) * 1e3,
                    found["output_tokens"] / found["seconds"], len(found["ttfts"]), found["failed"])


class SGLang:
    name, package = "sglang-bench", "sglang"

    def command(self, folder, load):
        # Its Python half imports torch; the client is an extension module that needs nothing.
        program = "import sys; sys.path.insert(0, sys.argv.pop(1)); import _bench; _bench.run_argv(sys.argv)"
        return [
            f"{folder}/bin/python", "-c", program, f"{site_packages(folder)}/sglang/srt/rust_extensions",
            "--backend", "sglang-oai-chat", "--base-url", load.url, "--model", "bench", "--tokenizer", load.tokenizer,
            "--dataset-name", "random-ids", "--random-input-len", "200", "--random-output-len", str(load.tokens),
            "--random-range-ratio", "1", "--num-prompts", str(load.requests), "--max-concurrency", str(load.streams),
            "--disable-tqdm", "--output-file", load.result]

    def told(self, path):
        found = read(path)
        return told(found["median_ttft_ms"], found["p99_ttft_ms"], found["median_tpot_ms"], found["output_throughput"],
                    found["completed"], None)


class AIPerf:
    name = package = "aiperf"

    def command(self, folder, load):
        return [
            f"{folder}/bin/aiperf", "profile", "-m", "bench", "--url", load.url, "--endpoint-type", "chat", "--streaming",
            "--concurrency", str(load.streams), "--request-count", str(load.requests), "--tokenizer", load.tokenizer,
            "--isl", "200", "--osl", str(load.tokens), "--ui", "none", "--artifact-dir", load.result]

    def told(self, path):
        found = read(os.path.join(path, "profile_export_aiperf.json"))
        ttft = found["time_to_first_token"]
        return told(ttft["p50"], ttft["p99"], found["inter_token_latency"]["p50"],
                    found["output_token_throughput"]["avg"], found["request_count"]["avg"],
                    (found.get("error_request_count") or {"avg": 0})["avg"])


class GuideLLM:
    name = package = "guidellm"

    def command(self, folder, load):
        return [
            f"{folder}/bin/guidellm", "run",
            "--backend", f"kind=openai_http,target={load.url},model=bench,request_format=/v1/chat/completions",
            "--profile", f"kind=concurrent,streams={load.streams}",
            "--constraint", f"kind=max_requests,count={load.requests}",
            "--tokenizer", f"kind=huggingface_auto,model={load.tokenizer}",
            "--data", f"kind=synthetic_text,prompt_tokens=200,output_tokens={load.tokens}",
            "--disable-console-interactive", "--output", f"kind=json,path={load.result}"]

    def told(self, path):
        found = read(path)["benchmarks"][0]["metrics"]
        ttft, totals = (found[key]["successful"] for key in ("time_to_first_token_ms", "output_tokens_per_second"))
        counts = found["request_totals"]
        return told(ttft["median"], ttft["percentiles"]["p99"], found["inter_token_latency_ms"]["successful"]["median"],
                    totals["mean"], counts["successful"], counts["errored"])


def told(ttft_p50, ttft_p99, tpot_p50, tokens_per_second, completed, failed):
    """What a tool tells of its run, in one form for all; times in ms."""
    return locals()


def read(path):
    with open(path) as file:
        return json.load(file)


def site_packages(folder):
    return glob.glob(os.path.join(folder, "lib", "*", "site-packages"))[0]


class Peers:
    """Installs what it can under `home`; `missing` says of the rest why not."""

    def __init__(self, home):
        self.home = os.path.abspath(home)
        self.missing = {}
        self.tools = {tool.name: tool for tool in (VllmRust(), VllmPython(), SGLang(), AIPerf(), GuideLLM())}
        os.makedirs(home, exist_ok=True)
        self.tokenizer = os.path.join(self.home, "tokenizer")
        self._write_tokenizer()
        # vllm needs torch and CUDA only to serve; the Rust client is a binary of its own, and the request function
        # of the Python bench needs these three.
        self._install("vllm", ["--no-deps", f"vllm=={VERSIONS['vllm']}"], ["aiohttp", "tqdm", "regex"])
        self._install("sglang", ["--no-deps", f"sglang=={VERSIONS['sglang']}"])
        self._install("guidellm", [f"guidellm=={VERSIONS['guidellm']}"])
        self._install("aiperf", [f"aiperf=={VERSIONS['aiperf']}"])

    def _install(self, name, *steps):
        folder = os.path.join(self.home, name)
        done = os.path.join(folder, ".installed")
        if os.path.exists(done):
            return
        print(f"installing {name} {VERSIONS[name]} into {folder}", file=sys.stderr)
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, timeout=120)
            for step in steps:
                subprocess.run(
                    [f"{folder}/bin/pip", "install", "-q", *step], check=True, capture_output=True, timeout=1500)
            open(done, "w").close()
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            words = getattr(error, "stderr", None) or str(error).encode()
            self.missing[name] = "cannot be installed: " + words.decode(errors="replace").strip().splitlines()[-1][:200]
            shutil.rmtree(folder, ignore_errors=True)

    def _write_tokenizer(self):
        """A word is a token: so that no peer asks the network for a vocabulary."""
        os.makedirs(self.tokenizer, exist_ok=True)
        special = ["[UNK]", "<s>", "</s>"]
        vocabulary = {word: number for number, word in enumerate(special + WORDS.split())}
        added = [{"id": n, "content": w, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                  "special": True} for n, w in enumerate(special)]
        document = {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}}
        settings = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "bos_token": "<s>",
                    "eos_token": "</s>", "model_max_length": 100000}
        for name, content in (("tokenizer.json", document), ("tokenizer_config.json", settings)):
            with open(os.path.join(self.tokenizer, name), "w") as file:
                json.dump(content, file)

    def names(self):
        return list(self.tools)

    def start(self, name, work, port, streams, tokens, requests):
        """Starts a peer on `requests` requests, `streams` at a time. Several of them are process trees."""
        tool = self.tools[name]
        if tool.package in self.missing:
            raise Failed(self.missing[tool.package])
        load = Load(f"http://127.0.0.1:{port}", streams, tokens, requests, self.tokenizer,
                    os.path.join(work, f"{tool.package}-{time.monotonic_ns()}.json"))
        process = Process(tool.command(os.path.join(self.home, tool.package), load),
                          environment=dict(os.environ, NO_COLOR="1"), cwd=work)
        process.result = load.result
        return process

    def told(self, name, process):
        """What it tells of its run; {} where it left no result, or one of no request."""
        try:
            return self.tools[name].told(process.result)
        except (OSError, ValueError, LookupError, TypeError):
            return {}
