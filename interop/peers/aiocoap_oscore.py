#!/usr/bin/env python3
"""The OSCORE plugtest on the aiocoap library, in both roles.

    aiocoap_oscore.py server --port N --state DIR [--algorithm NAME] [--lost] [--plain]
    aiocoap_oscore.py client HOST:PORT TEST --state DIR [--algorithm NAME]

The security contexts A to D are those of the plugtest: A and B (without ID context) belong
together, C and D (with one), A and C are the client's. What has to survive a restart is kept in
DIR. With --lost the server has forgotten what it received, with --plain it has no contexts.

The server prints "READY". The client prints one JSON line for each response of its test:
{"code": "2.05", "payload": HEX, "protected": true, options by name}, or {"error": NAME}.
"""

import argparse
import asyncio
import json
import pathlib
import signal
import sys

import aiocoap
from aiocoap import error, oscore, resource
from aiocoap.credentials import CredentialsMap
from aiocoap.numbers import codes
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper
from aiocoap.transports.oscore import OSCOREAddress

SECRET = {"secret_hex": "0102030405060708090a0b0c0d0e0f10", "salt_hex": "9e7ca92223786340"}
ID_CONTEXT = "37cbf3210017a2d3"
CONTEXTS = {
    "a": {"sender-id_hex": "", "recipient-id_hex": "01"},
    "b": {"sender-id_hex": "01", "recipient-id_hex": ""},
    "c": {"sender-id_hex": "", "recipient-id_hex": "01", "id-context_hex": ID_CONTEXT},
    "d": {"sender-id_hex": "01", "recipient-id_hex": "", "id-context_hex": ID_CONTEXT},
}


def context(args, name):
    folder = pathlib.Path(args.state) / name
    if not folder.exists():
        folder.mkdir(parents=True)
        (folder / "secret.json").write_text(json.dumps(SECRET))
        settings = {"algorithm": args.algorithm, **CONTEXTS[name]}
        (folder / "settings.json").write_text(json.dumps(settings))
    return oscore.FilesystemSecurityContext(str(folder))


# ---- server ------------------------------------------------------------------------------------


class Hello(resource.Resource):
    """Text, with options; only under OSCORE if so said."""

    def __init__(self, protected=True, **options):
        super().__init__()
        self.protected = protected
        self.options = options

    async def render_get(self, request):
        if self.protected and not isinstance(request.remote, OSCOREAddress):
            raise error.Unauthorized()
        return aiocoap.Message(payload=b"Hello World!", content_format=0, **self.options)


class Query(Hello):
    async def render_get(self, request):
        if request.opt.uri_query != ("first=1",):
            raise error.BadRequest()
        return await super().render_get(request)


class Accept(Hello):
    async def render_get(self, request):
        if request.opt.accept != 0:
            raise error.NotAcceptable()
        return await super().render_get(request)


class Observe(resource.ObservableResource):
    async def add_observation(self, request, observation):
        async def tell():
            await asyncio.sleep(0.5)
            observation.trigger(
                aiocoap.Message(_mtype=aiocoap.CON, code=codes.CONTENT, payload=b"two", content_format=0)
            )
            await asyncio.sleep(0.5)
            observation.trigger(
                aiocoap.Message(
                    _mtype=aiocoap.CON,
                    code=codes.INTERNAL_SERVER_ERROR,
                    payload=b"Terminate Observe",
                    content_format=0,
                )
            )

        task = asyncio.create_task(tell())
        observation.accept(task.cancel)

    async def render_get(self, request):
        return aiocoap.Message(payload=b"one", content_format=0)


class Post(resource.Resource):
    async def render_post(self, request):
        if request.opt.content_format != 0 or request.payload != b"\x4a":
            raise error.BadRequest()
        return aiocoap.Message(code=codes.CHANGED, payload=b"\x4a", content_format=0)


class Put(resource.Resource):
    async def render_put(self, request):
        if request.opt.if_none_match:
            return aiocoap.Message(code=codes.PRECONDITION_FAILED)
        if request.opt.if_match != (b"\x7b",) or request.payload != b"\x7a":
            raise error.BadRequest()
        return aiocoap.Message(code=codes.CHANGED)


class Delete(resource.Resource):
    async def render_delete(self, request):
        return aiocoap.Message(code=codes.DELETED)


class Large(resource.Resource):
    def __init__(self):
        super().__init__()
        self.value = bytes(i % 251 for i in range(5000))

    async def render_get(self, request):
        return aiocoap.Message(payload=self.value)

    async def render_put(self, request):
        self.value = request.payload
        return aiocoap.Message(code=codes.CHANGED)


async def serve(args):
    site = resource.Site()
    for path, handler in [
        ("hello/coap", Hello(protected=False)),
        ("hello/1", Hello()),
        ("hello/2", Query(etag=b"\x2b")),
        ("hello/3", Accept(max_age=5)),
        ("hello/6", Post()),
        ("hello/7", Put()),
        ("observe1", Observe()),
        ("observe2", Observe()),
        ("test", Delete()),
        ("large", Large()),
    ]:
        site.add_resource(["oscore", *path.split("/")], handler)
    if not args.plain:
        credentials = CredentialsMap()
        for name in ("b", "d"):
            one = context(args, name)
            if args.lost:
                one.recipient_replay_window._index = None
                one.recipient_replay_window._bitfield = None
            credentials[":" + name] = one
        site = OscoreSiteWrapper(site, credentials)
    # These only: the others would open ports of their own.
    transports = ["udp6"] if args.plain else ["oscore", "udp6"]
    server = await aiocoap.Context.create_server_context(
        site, bind=("127.0.0.1", args.port), transports=transports
    )
    stop = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sig, stop.set)
    print("READY", flush=True)
    await stop.wait()
    await server.shutdown()


# ---- client ------------------------------------------------------------------------------------


def show(message, protected):
    line = {"code": message.code.dotted, "payload": message.payload.hex(), "protected": protected}
    for name in ("content_format", "max_age"):
        value = getattr(message.opt, name)
        if value is not None:
            line[name] = int(value)
    if message.opt.etag is not None:
        line["etag"] = message.opt.etag.hex()
    line["observed"] = message.opt.observe is not None
    print(json.dumps(line), flush=True)


# What each test asks for: method, path, context (None: unprotected), and further options.
TESTS = {
    "0": ("GET", "hello/coap", None, {}),
    "1": ("GET", "hello/1", "a", {}),
    "2": ("GET", "hello/1", "c", {}),
    "3": ("GET", "hello/2?first=1", "a", {}),
    "4": ("GET", "hello/3", "a", {"accept": 0}),
    "5": ("GET", "hello/1", "a", {"observe": 0}),
    "6": ("GET", "observe1", "a", {"observe": 0}),
    "8": ("POST", "hello/6", "a", {"payload": b"\x4a", "content_format": 0}),
    "9": ("PUT", "hello/7", "a", {"payload": b"\x7a", "content_format": 0, "if_match": [b"\x7b"]}),
    "10": ("PUT", "hello/7", "a", {"payload": b"\x8a", "content_format": 0, "if_none_match": True}),
    "11": ("DELETE", "test", "a", {}),
    "12": ("GET", "hello/1", "a", {}),
    "13": ("GET", "hello/1", "a", {}),
    "14": ("GET", "hello/1", "a", {}),
    "15": ("GET", "hello/1", "a", {}),
    "16": ("GET", "hello/coap", "a", {}),
    "17": ("GET", "hello/1", None, {}),
    "store-put": ("PUT", "/store/a", "a", {"payload": b"from aiocoap"}),
    "store-get": ("GET", "/store/a", "a", {}),
    "store-get-c": ("GET", "/store/a", "c", {}),
    "store-bare": ("GET", "/store/a", None, {}),
    "store-large": ("GET", "/large", "a", {}),
    "large-get": ("GET", "large", "a", {}),
    "large-put": ("PUT", "large", "a", {"payload": bytes(i % 249 for i in range(5000))}),
}
# What is wrong in a test's context.
WRONG = {"12": "sender_id", "13": "sender_key", "14": "recipient_key"}


async def ask(args):
    method, path, name, options = TESTS[args.test]
    client = await aiocoap.Context.create_client_context()
    try:
        path = path if path.startswith("/") else "/oscore/" + path
        uri = "coap://%s%s" % (args.server, path)
        if name is not None:
            under = context(args, name)
            wrong = WRONG.get(args.test)
            if wrong is not None:
                value = getattr(under, wrong)
                setattr(under, wrong, bytes(255 - b for b in value) or b"spam")
            client.client_credentials["coap://%s/*" % args.server] = under

        async def once():
            message = aiocoap.Message(code=getattr(codes, method), uri=uri, **options)
            request = client.request(message)
            try:
                show(await request.response, name is not None)
                if args.test == "6":
                    async for notification in request.observation:
                        show(notification, True)
            except oscore.NotAProtectedMessage as e:
                show(e.plain_message, False)
            except oscore.ProtectionInvalid as e:
                print(json.dumps({"error": "ProtectionInvalid"}), flush=True)
            except error.ObservationCancelled:
                pass

        await once()
        if args.test == "15":
            under.sender_sequence_number -= 1
            await once()
    finally:
        await client.shutdown()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    roles = parser.add_subparsers(required=True)
    server = roles.add_parser("server")
    server.add_argument("--port", type=int, required=True)
    server.add_argument("--lost", action="store_true")
    server.add_argument("--plain", action="store_true")
    server.set_defaults(run=serve)
    client = roles.add_parser("client")
    client.add_argument("server")
    client.add_argument("test", choices=TESTS)
    client.set_defaults(run=ask)
    for role in (server, client):
        role.add_argument("--state", required=True)
        role.add_argument("--algorithm", default="AES-CCM-16-64-128")
    args = parser.parse_args()
    try:
        asyncio.run(asyncio.wait_for(args.run(args), None if args.run is serve else 60))
    except Exception as e:
        print(json.dumps({"error": f"{type(e).__name__}: {e}"}), flush=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
