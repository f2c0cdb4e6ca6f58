#!/usr/bin/env python3
"""A CoAP server for the tests, on the aiocoap library.

    /store      GET PUT POST DELETE; 4.04 while nothing is stored, 2.01 for the first PUT, 2.04 after
    /large      GET (10240 bytes to begin with), PUT of any size, served back
    /separate   GET, answered after --separate seconds: an empty ACK, then a separate response
    /time       GET, observable, changes every 500 ms (a counter as text)

Prints "READY port=N" once it listens.
"""

import argparse
import asyncio
import signal

import aiocoap
from aiocoap import resource
from aiocoap.numbers import codes

LARGE = bytes(i % 251 for i in range(10240))


class Store(resource.Resource):
    def __init__(self):
        super().__init__()
        self.value = None
        self.content_format = None

    async def render_get(self, request):
        if self.value is None:
            return aiocoap.Message(code=codes.NOT_FOUND)
        return aiocoap.Message(payload=self.value, content_format=self.content_format)

    async def render_put(self, request):
        code = codes.CREATED if self.value is None else codes.CHANGED
        self.value = request.payload
        self.content_format = request.opt.content_format
        return aiocoap.Message(code=code)

    async def render_post(self, request):
        self.value = (self.value or b"") + request.payload
        return aiocoap.Message(code=codes.CHANGED, payload=self.value)

    async def render_delete(self, request):
        self.value = None
        return aiocoap.Message(code=codes.DELETED)


class Large(resource.Resource):
    def __init__(self):
        super().__init__()
        self.value = LARGE

    async def render_get(self, request):
        return aiocoap.Message(payload=self.value, content_format=42)

    async def render_put(self, request):
        self.value = request.payload
        return aiocoap.Message(code=codes.CHANGED)


class Separate(resource.Resource):
    def __init__(self, delay):
        super().__init__()
        self.delay = delay

    async def render_get(self, request):
        await asyncio.sleep(self.delay)
        return aiocoap.Message(payload=b"separate", content_format=0)


class Time(resource.ObservableResource):
    def __init__(self):
        super().__init__()
        self.count = 0
        self.task = None

    async def run(self):
        while True:
            await asyncio.sleep(0.5)
            self.count += 1
            self.updated_state()

    async def render_get(self, request):
        return aiocoap.Message(payload=str(self.count).encode(), content_format=0)


async def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--host", default="127.0.0.1")
    args.add_argument("--port", type=int, required=True)
    args.add_argument("--transport", default="udp6", help="one of aiocoap's: udp6, tcpserver, ws")
    args.add_argument("--separate", type=float, default=3.0, help="delay of /separate in seconds")
    args = args.parse_args()

    site = resource.Site()
    site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
    site.add_resource(["store"], Store())
    site.add_resource(["large"], Large())
    site.add_resource(["separate"], Separate(args.separate))
    time = Time()
    site.add_resource(["time"], time)
    # One transport: the others would open ports of their own. That of WebSocket adds 3000.
    port = args.port - 3000 if args.transport == "ws" else args.port
    context = await aiocoap.Context.create_server_context(
        site, bind=(args.host, port), transports=[args.transport]
    )
    time.task = asyncio.create_task(time.run())
    # Said explicitly: a process started in the background may inherit SIGINT as ignored.
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    print(f"READY port={args.port}", flush=True)
    await end.wait()
    time.task.cancel()
    await context.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
