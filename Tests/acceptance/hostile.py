"""Replies whose numbers no server means: a run of each API against them, and everything that can be made of its result."""
import asyncio
import random
import subprocess
import threading

SEED = 20261129
REPLIES = 100_000
EXTREMES = [
    "0", "-1", "2147483648", "9007199254740992", "4611686018427387904", "9223372036854775807", "18446744073709551616",
    "-9223372036854775808", "1e308", "-1e308", "1e999", "NaN", "-Infinity", "0.5", "null",
    '"9223372036854775807"', "9" * 400,
]
DATES = ["Sat, 21 Nov 2026 9223372036854775807:00:00 GMT", "9999-12-31T99:99:99Z", "9223372036854775807d", "1m"]

SSE, JSON, LINES = "text/event-stream", "application/json", "application/x-ndjson"
USAGE = '"usage":{"prompt_tokens":#,"completion_tokens":#,"total_tokens":#,"queue_time":#,' \
    '"prompt_tokens_details":{"cached_tokens":#},"completion_tokens_details":{"reasoning_tokens":#}}'
DONE = "data: [DONE]\n\n"
# What each API answers; # is a number.
ANSWERS = {
    "openai-chat": (SSE, 'data: {"created":#,"choices":[{"index":0,"delta":{"content":"one two"},"finish_reason":"stop",'
                    '"logprobs":{"content":[{"logprob":#}]}}]}\n\ndata: {"choices":[],' + USAGE
                    + ',"timings":{"prompt_ms":#,"predicted_ms":#}}\n\n' + DONE),
    "openai-completions": (SSE, 'data: {"choices":[{"index":0,"text":"one two","finish_reason":"stop"}]}\n\n'
                           'data: {"choices":[],' + USAGE + "}\n\n" + DONE),
    "openai-responses": (SSE, 'data: {"type":"response.output_text.delta","sequence_number":#,"delta":"one two"}\n\n'
                         'data: {"type":"response.completed","response":{"status":"completed","output":[],"usage":'
                         '{"input_tokens":#,"output_tokens":#,"total_tokens":#,"output_tokens_details":'
                         '{"reasoning_tokens":#},"input_tokens_details":{"cached_tokens":#}}}}\n\n'),
    "anthropic": (SSE, 'data: {"type":"message_start","message":{"usage":{"input_tokens":#,'
                  '"cache_creation_input_tokens":#,"cache_read_input_tokens":#,"output_tokens":#}}}\n\n'
                  'data: {"type":"content_block_delta","index":#,"delta":{"type":"text_delta","text":"one two"}}\n\n'
                  'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":#,'
                  '"output_tokens_details":{"thinking_tokens":#}}}\n\ndata: {"type":"message_stop"}\n\n'),
    "gemini": (SSE, 'data: {"candidates":[{"content":{"parts":[{"text":"one two"}]},"finishReason":"STOP","avgLogprobs":#}],'
               '"usageMetadata":{"promptTokenCount":#,"candidatesTokenCount":#,"thoughtsTokenCount":#,'
               '"cachedContentTokenCount":#,"totalTokenCount":#}}\n\n'),
    "gemini-interactions": (SSE, 'data: {"event_type":"step.delta","index":#,"delta":{"type":"text","text":"one two"}}\n\n'
                            'data: {"event_type":"interaction.completed","interaction":{"status":"completed","usage":'
                            '{"total_tokens":#,"total_input_tokens":#,"total_cached_tokens":#,"total_output_tokens":#,'
                            '"total_thought_tokens":#}}}\n\nevent: done\n' + DONE),
    "ollama": (LINES, '{"message":{"content":"one two"},"done":false}\n{"message":{"content":""},"done":true,'
               '"done_reason":"stop","prompt_eval_count":#,"eval_count":#,"prompt_eval_duration":#,"eval_duration":#}\n'),
    "tgi": (SSE, 'data: {"index":#,"token":{"id":#,"text":"one two","special":false},"generated_text":"one two",'
            '"details":{"finish_reason":"eos_token","generated_tokens":#,"input_length":#}}\n\n'),
    "cohere-v2": (SSE, 'data: {"type":"content-delta","index":#,"delta":{"message":{"content":{"text":"one two"}}}}\n\n'
                  'data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":'
                  '{"input_tokens":#,"output_tokens":#},"cached_tokens":#}}}\n\n'),
    "openai-embeddings": (JSON, '{"object":"list","data":[{"index":#,"embedding":[#,#,0.5]}],'
                          '"usage":{"prompt_tokens":#,"total_tokens":#}}'),
}
HEADERS = [
    "retry-after", "retry-after-ms", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests", "anthropic-ratelimit-tokens-reset", "x-litellm-response-duration-ms",
]


class Server:
    """On a thread of its own; `port` once it listens."""

    def __init__(self):
        self.random = random.Random(SEED)
        self.answered = 0
        self.kind, self.text = ANSWERS["openai-chat"]
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def number(self):
        return self.random.choice(EXTREMES) if self.random.random() < 0.7 else str(self.random.randrange(1, 50))

    def answer(self):
        parts = self.text.split("#")
        body = parts[0] + "".join(self.number() + part for part in parts[1:])
        lines = [f"{name}: {self.random.choice(EXTREMES + DATES)}" for name in HEADERS if self.random.random() < 0.5]
        head = ["HTTP/1.1 200 OK", f"Content-Type: {self.kind}", f"Content-Length: {len(body)}"] + lines
        self.answered += 1
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode()

    async def serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = head.split(b"content-length:")[1].split(b"\r\n")[0] if b"content-length:" in head else b"0"
                await reader.readexactly(int(length))
                writer.write(self.answer())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def numbers(bench):
    """100,000 replies over all APIs: the program never dies, and every output of every run can be made."""
    server = Server()
    count = -(-REPLIES // len(ANSWERS))
    died, missing, folders = [], [], []
    for api, (server.kind, server.text) in ANSWERS.items():
        folder = bench.folder / api
        spoken = [
            "batch", "--url", f"http://127.0.0.1:{server.port}", "--model", "m", "--api", api, "--request-count", str(count),
            "--concurrency", "64", "--max-tokens", "16", "--yes", "--quiet", "-o", str(folder),
        ]
        runs = [spoken] + [["report", str(folder), *flags] for flags in ([], ["--json"], ["--csv"], ["--markdown"])]
        runs += [["compare", str(folder), str(folders[-1])]] if folders else []
        runs += [["check", "--url", f"http://127.0.0.1:{server.port}", "--model", "m", "--api", api]]
        for words in runs:
            done = subprocess.run([str(bench.program), *words], capture_output=True, cwd=bench.folder, timeout=900)
            if done.returncode < 0 or done.returncode >= 128 or b"Fatal error" in done.stderr:
                died.append(f"{api} {words[0]} {done.returncode}")
            elif words[0] != "batch" and not done.stdout:
                missing.append(f"{api} {' '.join(words)}: {done.stderr[-200:]}")
        folders.append(folder)
    bench.row("replies with extreme numbers", server.answered, f">= {REPLIES}", server.answered >= REPLIES)
    bench.row("times the program died", len(died), "= 0", not died)
    bench.row("outputs that could not be made", len(missing), "= 0", not missing)
    for line in died + missing:
        print(line)
