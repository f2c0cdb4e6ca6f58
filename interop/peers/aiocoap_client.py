#!/usr/bin/env python3
"""A CoAP client for the tests, on the aiocoap library.

    aiocoap_client.py METHOD URI [--payload FILE] [--content-format N] [--accept N] [--non]
                      [--block SZX] [--observe N] [--linger S] [--timeout S]

Prints one JSON line for each response: {"code": "2.05", ...} with "payload_hex" up to 256 bytes
and "sha256" and "len" always. With --observe N the first line is the answer to the registration
and N notifications follow; then the observation is forgotten without a word: with --linger the
socket stays open for so long, and the next notification is rejected with a RST. Ends with 0 if
every response was a success, 1 if one was not, 2 on a timeout or another failure (a line with
"error").
"""

import argparse
import asyncio
import hashlib
import json
import sys

import aiocoap
from aiocoap.numbers import codes
from aiocoap.numbers.types import CON, NON


def show(response, kind="response"):
    line = {"kind": kind, "code": response.code.dotted, "len": len(response.payload)}
    line["sha256"] = hashlib.sha256(response.payload).hexdigest()
    if len(response.payload) <= 256:
        line["payload_hex"] = response.payload.hex()
    if response.opt.content_format is not None:
        line["content_format"] = int(response.opt.content_format)
    if response.opt.observe is not None:
        line["observe"] = response.opt.observe
    if response.opt.etag is not None:
        line["etag"] = response.opt.etag.hex()
    if response.opt.location_path:
        line["location_path"] = list(response.opt.location_path)
    print(json.dumps(line), flush=True)
    return response.code.is_successful()


def read(name):
    if name is None:
        return b""
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as f:
        return f.read()


async def run(args):
    transport = {"coap": "udp6", "coap+tcp": "tcpclient", "coap+ws": "ws"}
    scheme = args.uri.split(":")[0]
    context = await aiocoap.Context.create_client_context(transports=[transport[scheme]])
    try:
        message = aiocoap.Message(
            code=getattr(codes, args.method.upper()),
            uri=args.uri,
            payload=read(args.payload),
            _mtype=NON if args.non else CON,
        )
        if args.content_format is not None:
            message.opt.content_format = args.content_format
        if args.accept is not None:
            message.opt.accept = args.accept
        if args.block is not None:
            # Asks for this size in the answer (Block2) and sends no larger one (Block1).
            if scheme == "coap":
                message.remote.maximum_block_size_exp = args.block
            message.opt.block2 = (0, False, args.block)
        if args.observe is None:
            return show(await context.request(message).response)

        message.opt.observe = 0
        request = context.request(message)
        good = show(await request.response)
        left = args.observe
        if good and left:
            async for notification in request.observation:
                good = show(notification, "notification") and good
                left -= 1
                if not left:
                    break
            request.observation.cancel()
            await asyncio.sleep(args.linger)
        return good
    finally:
        await context.shutdown()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("method", help="get put post delete fetch patch ipatch")
    args.add_argument("uri")
    args.add_argument("--payload", metavar="FILE", help="- is stdin")
    args.add_argument("--content-format", type=int)
    args.add_argument("--accept", type=int)
    args.add_argument("--non", action="store_true", help="send the request as NON")
    args.add_argument("--block", type=int, metavar="SZX", help="block size exponent, 0 (16) to 6 (1024)")
    args.add_argument("--observe", type=int, metavar="N")
    args.add_argument("--linger", type=float, default=0.0, metavar="S", help="stay after --observe")
    args.add_argument("--timeout", type=float, default=30.0)
    args = args.parse_args()
    try:
        good = asyncio.run(asyncio.wait_for(run(args), args.timeout))
    except Exception as e:
        print(json.dumps({"error": f"{type(e).__name__}: {e}"}), flush=True)
        return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
