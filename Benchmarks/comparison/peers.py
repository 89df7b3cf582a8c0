"""Other load generators, from PyPI, each in a virtual environment of its own."""

import json
import os
import shutil
import subprocess
import sys
import time

from .processes import Failed, Process

VERSIONS = {"vllm": "0.33.0", "aiperf": "0.13.0", "guidellm": "0.8.1"}
WORDS = "the of and to in is you that it he was for on are as with his they at be this have from or one had by word"


class Peers:
    """Installs what it can under `home`; `missing` says of the rest why not."""

    def __init__(self, home):
        self.home = home
        self.missing = {}
        os.makedirs(home, exist_ok=True)
        self.tokenizer = os.path.join(home, "tokenizer")
        self._write_tokenizer()
        # vllm needs torch and CUDA only to serve; the Rust client is a binary of its own, and the request function
        # of the Python bench needs these three.
        self._install("vllm", ["--no-deps", f"vllm=={VERSIONS['vllm']}"], ["aiohttp", "tqdm", "regex"])
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
        return ["vllm-rs", "vllm python", "aiperf", "guidellm"]

    def start(self, name, work, port, streams, tokens, requests):
        """Starts a peer on `requests` requests, `streams` at a time. Several of them are process trees."""
        package = "vllm" if name.startswith("vllm") else name
        if package in self.missing:
            raise Failed(self.missing[package])
        folder = os.path.join(self.home, package)
        url = f"http://127.0.0.1:{port}"
        if package == "vllm":
            library = self._site_packages(folder)
        if name == "vllm-rs":
            command = [
                f"{library}/vllm/vllm-rs", "bench", "serve", "--backend", "openai-chat", "--base-url", url,
                "--endpoint", "/v1/chat/completions", "--model", "bench", "--tokenizer", self.tokenizer,
                "--dataset-name", "random", "--random-input-len", "200", "--random-output-len", str(tokens),
                "--num-prompts", str(requests), "--max-concurrency", str(streams), "--ignore-eos", "--temperature", "0",
                "--disable-tqdm"]
        elif name == "vllm python":
            driver = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vllm_request_function.py")
            command = [f"{folder}/bin/python", driver, f"{library}/vllm/benchmarks/lib/endpoint_request_func.py", url,
                       str(streams), str(tokens), str(requests)]
        elif name == "aiperf":
            command = [
                f"{folder}/bin/aiperf", "profile", "-m", "bench", "--url", url, "--endpoint-type", "chat", "--streaming",
                "--concurrency", str(streams), "--request-count", str(requests), "--tokenizer", self.tokenizer,
                "--isl", "200", "--osl", str(tokens), "--ui", "none",
                "--artifact-dir", os.path.join(work, f"aiperf-{time.monotonic_ns()}")]
        else:
            command = [
                f"{folder}/bin/guidellm", "run",
                "--backend", f"kind=openai_http,target={url},model=bench,request_format=/v1/chat/completions",
                "--profile", f"kind=concurrent,streams={streams}", "--constraint", f"kind=max_requests,count={requests}",
                "--tokenizer", f"kind=huggingface_auto,model={self.tokenizer}",
                "--data", f"kind=synthetic_text,prompt_tokens=200,output_tokens={tokens}", "--disable-console-interactive",
                "--output", f"kind=json,path={os.path.join(work, f'guidellm-{time.monotonic_ns()}.json')}"]
        environment = dict(os.environ, NO_COLOR="1")
        return Process(command, environment=environment, cwd=work)

    @staticmethod
    def _site_packages(folder):
        library = os.path.join(folder, "lib")
        return os.path.join(library, os.listdir(library)[0], "site-packages")
