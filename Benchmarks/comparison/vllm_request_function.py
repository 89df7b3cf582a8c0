"""Drives vLLM's own request function in a closed loop, as `vllm bench serve` does, without vLLM's engine.

vllm_request_function.py FILE URL STREAMS TOKENS REQUESTS RESULT

FILE is vllm/benchmarks/lib/endpoint_request_func.py. The session, the semaphore and one task a request are those of
vllm/benchmarks/serve.py; its dataset and its statistics are left out, which flatters it. RESULT gets the function's own
figures of each request.
"""

import asyncio
import importlib.util
import json
import sys
import time

import aiohttp


async def main():
    path, url, streams, tokens, requests, result = *sys.argv[1:3], *map(int, sys.argv[3:6]), sys.argv[6]
    spec = importlib.util.spec_from_file_location("endpoint_request_func", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    gate = asyncio.Semaphore(streams)
    connector = aiohttp.TCPConnector(limit=streams, limit_per_host=streams, ttl_dns_cache=300, use_dns_cache=True,
                                     keepalive_timeout=60, enable_cleanup_closed=True, force_close=False)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=21600)) as session:

        async def one(number):
            question = module.RequestFuncInput(
                prompt=f"{number} " + "words and more of them " * 45, api_url=url + "/v1/chat/completions", prompt_len=200,
                output_len=tokens, model="bench", ignore_eos=True, request_id=f"python-{number}")
            async with gate:
                return await module.async_request_openai_chat_completions(question, session)

        began = time.perf_counter()
        answers = await asyncio.gather(*(one(number) for number in range(requests)))
        seconds = time.perf_counter() - began
    good = [answer for answer in answers if answer.success]
    failed = [answer.error for answer in answers if not answer.success]
    with open(result, "w") as file:
        json.dump({
            "seconds": seconds, "failed": len(failed), "output_tokens": sum(answer.output_tokens for answer in good),
            "ttfts": [answer.ttft for answer in good],
            "tpots": [(answer.latency - answer.ttft) / (answer.output_tokens - 1) for answer in good
                      if answer.output_tokens > 1],
        }, file)
    print(len(good), "of", requests, "succeeded")
    if failed:
        print(failed[0][:2000])
        sys.exit(1)


asyncio.run(main())
