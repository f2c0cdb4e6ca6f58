#!/usr/bin/env python3
"""Both roles of the plugtest on the aiocoap library.

    aiocoap_plugtest.py server PORT    the resources of interop/src/plugtest/site.rs; prints READY
    aiocoap_plugtest.py client         a JSON line in for each request, a JSON line out for each
                                       answer: {"method", "uri", "non", "options": [[number, hex]],
                                       "payload": hex, "block": szx, "observe": count}

It ends when its standard input does.
"""

import asyncio
import json
import sys

import aiocoap
import aiocoap.resource as resource
from aiocoap import Code, Message
from aiocoap.numbers.types import CON, NON

LARGE = bytes(b"0123456789abcdef" * 100)
LINKS = (
    b'</link1>;rt="Type1 Type2";if="If1";ct=0,</link2>;rt="Type2 Type3";if="If2";sz=64,'
    b'</link3>;rt="Type1 Type3";if="foo",</path>;ct=40'
)


def answer(code, payload=b"", **options):
    message = Message(code=code, payload=payload)
    for name, value in options.items():
        setattr(message.opt, name, value)
    return message


class Site(resource.ObservableResource, resource.PathCapable):
    """All of it; the first segment of a path tells apart those who test at the same time."""

    def __init__(self):
        super().__init__()
        self.state = {}
        self.observers = {}

    def value(self, key, default):
        return self.state.setdefault(key, default)

    async def render(self, request):
        path = list(request.opt.uri_path)
        if path == [".well-known", "core"]:
            return self.core(request)
        space, path = path[0] if path else "", "/".join(path[1:])
        handler = getattr(self, "on_" + path.replace("-", "_").replace("/", "_"), None)
        if handler is None:
            return answer(Code.NOT_FOUND)
        result = handler(request, (space, path))
        return await result if asyncio.iscoroutine(result) else result

    def core(self, request):
        links = LINKS.decode().split(",")
        for query in request.opt.uri_query:
            name, _, wanted = query.partition("=")
            links = [link for link in links if self.fits(link, name, wanted)]
        return answer(Code.CONTENT, ",".join(links).encode(), content_format=40)

    @staticmethod
    def fits(link, name, wanted):
        target, *attributes = link.split(";")
        values = [target.strip("<>")] if name == "href" else []
        for attribute in attributes:
            key, _, value = attribute.partition("=")
            if key == name:
                values += value.strip('"').split(" ")
        if wanted.endswith("*"):
            return any(v.startswith(wanted[:-1]) for v in values)
        return wanted in values

    def on_test(self, request, key):
        return {
            Code.GET: lambda: answer(Code.CONTENT, b"test", content_format=0),
            Code.PUT: lambda: answer(Code.CHANGED),
            Code.POST: lambda: answer(Code.CREATED, location_path=("location1", "location2")),
            Code.DELETE: lambda: answer(Code.DELETED),
        }.get(request.code, lambda: answer(Code.METHOD_NOT_ALLOWED))()

    def on_seg1_seg2_seg3(self, request, key):
        return answer(Code.CONTENT, b"segments", content_format=0)

    def on_query(self, request, key):
        return answer(Code.CONTENT, "&".join(request.opt.uri_query).encode(), content_format=0)

    def on_location_query(self, request, key):
        return answer(Code.CREATED, location_query=("first=1", "second=2"))

    async def on_separate(self, request, key):
        await asyncio.sleep(1.5)
        return answer(Code.CONTENT, b"separate", content_format=0)

    def on_multi_format(self, request, key):
        if request.opt.accept in (None, 0):
            return answer(Code.CONTENT, b"text", content_format=0)
        if request.opt.accept == 41:
            return answer(Code.CONTENT, b"<xml/>", content_format=41)
        return answer(Code.NOT_ACCEPTABLE)

    def on_validate(self, request, key):
        tag, value = self.value(key, (1, b"validate"))
        etag = bytes([tag])
        if request.code == Code.PUT:
            if request.opt.if_match and etag not in request.opt.if_match:
                return answer(Code.PRECONDITION_FAILED)
            self.state[key] = (tag + 1, request.payload)
            return answer(Code.CHANGED)
        if etag in request.opt.etags:
            return answer(Code.VALID, etag=etag)
        return answer(Code.CONTENT, value, etag=etag, content_format=0)

    def on_create1(self, request, key):
        known = key in self.state
        if known and request.opt.if_none_match:
            return answer(Code.PRECONDITION_FAILED)
        self.state[key] = request.payload
        return answer(Code.CHANGED if known else Code.CREATED)

    def on_large(self, request, key):
        return answer(Code.CONTENT, LARGE, content_format=0)

    def on_large_update(self, request, key):
        if request.code == Code.PUT:
            self.state[key] = request.payload
            return answer(Code.CHANGED)
        return answer(Code.CONTENT, self.value(key, LARGE), content_format=0)

    def on_large_create(self, request, key):
        self.state[key[0], "large-update"] = request.payload
        return answer(Code.CREATED, location_path=(key[0], "large-update"))

    def on_large_post(self, request, key):
        return answer(Code.CHANGED, request.payload[::-1], content_format=0)

    def observed(self, request, key, default):
        if request.code == Code.DELETE:
            self.state.pop(key, None)
            self.end(key, answer(Code.NOT_FOUND))
            return answer(Code.DELETED)
        if request.code == Code.PUT:
            known = self.value(key, (0, default))
            form = request.opt.content_format or 0
            self.state[key] = (form, request.payload)
            if form != known[0]:
                self.end(key, answer(Code.NOT_ACCEPTABLE))
            else:
                for observation in self.observers.get(key, []):
                    observation.trigger()
            return answer(Code.CHANGED)
        form, value = self.value(key, (0, default))
        return answer(Code.CONTENT, value, content_format=form)

    def end(self, key, last):
        for observation in self.observers.pop(key, []):
            observation.trigger(last, is_last=True)

    def on_obs(self, request, key):
        return self.observed(request, key, b"0")

    def on_obs_non(self, request, key):
        return self.observed(request, key, b"0")

    def on_obs_brief(self, request, key):
        result = self.observed(request, key, b"0")
        if request.code == Code.GET:
            result.opt.max_age = 1
        return result

    def on_obs_large(self, request, key):
        return self.observed(request, key, LARGE)

    async def add_observation(self, request, observation):
        path = list(request.opt.uri_path)
        key = (path[0], "/".join(path[1:])) if path else ("", "")
        if key[1] not in ("obs", "obs-non", "obs-large", "obs-brief"):
            return
        all_of_it = self.observers.setdefault(key, [])
        observation.accept(lambda: observation in all_of_it and all_of_it.remove(observation))
        all_of_it.append(observation)


def show(message):
    options = [[int(o.number), o.encode().hex()] for o in message.opt.option_list()]
    return {"code": message.code.dotted, "options": options, "payload": message.payload.hex()}


async def ask(context, line):
    message = Message(
        code=getattr(Code, line["method"].upper()),
        uri=line["uri"],
        payload=bytes.fromhex(line.get("payload", "")),
        _mtype=NON if line.get("non") else CON,
    )
    for number, value in line.get("options", []):
        option = aiocoap.numbers.OptionNumber(number).create_option(decode=bytes.fromhex(value))
        message.opt.add_option(option)
    if line.get("block") is not None:
        szx = line["block"]
        message.remote.maximum_block_size_exp = szx
        if line["method"] == "get":
            message.opt.block2 = (0, False, szx)
    count = line.get("observe")
    if not count:
        return [show(await context.request(message).response)]
    message.opt.observe = 0
    requested = context.request(message)
    states = [show(await requested.response)]
    print(json.dumps({"first": states[0]}), flush=True)
    try:
        async for state in requested.observation:
            states.append(show(state))
            if len(states) >= count:
                break
    except aiocoap.error.Error:
        pass
    if not requested.observation.cancelled:
        requested.observation.cancel()
    return states


async def client():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            answers = await asyncio.wait_for(ask(context, json.loads(line)), 90)
            print(json.dumps({"answers": answers}), flush=True)
        except Exception as error:
            print(json.dumps({"error": repr(error)}), flush=True)


async def server(port):
    bind = ("127.0.0.1", port)
    await aiocoap.Context.create_server_context(Site(), bind=bind, transports=["udp6"])
    print("READY", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    role = client() if sys.argv[1] == "client" else server(int(sys.argv[2]))
    asyncio.run(role)
