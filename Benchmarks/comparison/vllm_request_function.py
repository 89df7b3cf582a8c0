"""Drives vLLM's own request function in a closed loop, as `vllm bench serve` does, without vLLM's engine.

vllm_request_function.py FILE URL STREAMS TOKENS REQUESTS

FILE is vllm/benchmarks/lib/endpoint_request_func.py. The session, the semaphore and one task a request are those of
vllm/benchmarks/serve.py; its dataset and its statistics are left out, which flatters it.
"""

import asyncio
import importlib.util
import sys

import aiohttp


async def main():
    path, url, streams, tokens, requests = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
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

        answers = await asyncio.gather(*(one(number) for number in range(requests)))
    print(sum(answer.success for answer in answers), "of", requests, "succeeded")
    failed = [answer.error for answer in answers if not answer.success]
    if failed:
        print(failed[0][:2000])
        sys.exit(1)


asyncio.run(main())
