"""Jobs: a batch of 2,000 prompts survives SIGKILL, and --resume finishes it."""
import json
import subprocess
import time

from harness import Journal, wait_until

PROMPTS = 2000
PROFILE = """
targets:
  - provider: simulated
    scenario: {from: slots16, slots: 128, prefill: {base: 30ms}, step: {base: 10ms}}
workload: {prompts: {file: job.jsonl}}
warmup: {requests: 3}
phases:
  - batch: {concurrency: 128}
"""


def resume(bench, kills=3):
    """Killed three times amid the job, finished by --resume: each prompt has one answer, and each was asked for."""
    body = {"model": "any", "max_tokens": 32}
    with open(bench.folder / "job.jsonl", "w") as file:
        for index in range(PROMPTS):
            body["messages"] = [{"role": "user", "content": f"question {index}"}]
            line = {"custom_id": f"q-{index}", "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")
    folder = bench.folder / "run"
    began = time.monotonic()
    child = bench.start(PROFILE)
    for kill in range(kills):
        journal = folder / ("truth.jsonl" if kill == 0 else f"truth-resumed-{kill}.jsonl")
        if not wait_until(lambda: journal.exists() and len(Journal(journal).requests) > 350, 30):
            raise RuntimeError(f"it did not get going: {bench.said()}")
        child.kill()
        child.wait()
        time.sleep(1)
        child = bench.popen("batch", "--resume", str(folder), "--quiet")
    outcome = bench.finish(child, 120)
    elapsed = time.monotonic() - began
    phase = outcome.target["phases"][0]
    answers = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    bench.equal("exit code", outcome.status, outcome.summary["run"]["exit_code"])
    bench.equal("answers, in the order of the prompts", [a["custom_id"] for a in answers] == [f"q-{i}" for i in range(PROMPTS)], True)
    bench.equal("answers with status 200 and 32 tokens", sum(
        a["response"]["status_code"] == 200 and a["response"]["body"]["usage"]["completion_tokens"] == 32 for a in answers
    ), PROMPTS)
    bench.equal("prompts ended, successes", (phase["batch"]["prompts_ended"], phase["stats"]["requests"]["success"]), (PROMPTS, PROMPTS))
    bench.equal("interruptions told", phase["batch"]["interruptions"], kills)
    # Each prompt in the result was answered in full by the provider, under the id of the answer.
    given = {}
    for path in folder.glob("truth*.jsonl"):
        given |= {name: e for name, e in Journal(path).requests.items() if e["outcome"] == "completed"}
    bench.equal("answers that a journal does not know", sum(a["response"]["request_id"] not in given for a in answers), 0)
    again = len(given) - PROMPTS - 3 * (kills + 1)
    bench.row("prompts answered again (under way at a kill)", f"{again}", f"<= {kills * 128 * 4}", again <= kills * 128 * 4)
    busy = phase["batch"]["makespan_s"]
    bench.row("makespan, without the interruptions", f"{busy:.2f} s", f"< {elapsed - kills:.2f} s", busy < elapsed - kills)
    rate = PROMPTS * 32 / busy
    shown = phase["stats"]["output_tokens_per_second"]
    bench.row("tokens/s x makespan / tokens", f"{shown / rate:.4f}", "0.999 .. 1.001", abs(shown / rate - 1) < 0.001)
    text = subprocess.run([bench.program, "report", folder], capture_output=True, text=True, timeout=30).stdout
    bench.equal("the report tells of it", f"interrupted {kills} times" in " ".join(text.split()), True)
