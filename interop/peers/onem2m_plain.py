#!/usr/bin/env python3
"""One scenario at a oneM2M CSE, by the plain client of a binding.

    onem2m_plain.py http|coap|mqtt|ws HOST:PORT

http is curl, coap aiocoap, mqtt paho-mqtt, ws websockets. Registers an AE, makes a container with
instances, changes it, looks at it, prints the tree below the AE as one JSON line, and deletes it.
Ends with 1 if a request is not answered as it should be.
"""

import asyncio
import json
import subprocess
import sys

ORIGINATOR = "CPlain"
CREATE, RETRIEVE, UPDATE, DELETE = 1, 2, 3, 4


class Curl:
    def __init__(self, server):
        self.base = f"http://{server}/"

    def ask(self, op, to, rqi, ty=None, pc=None, rcn=None):
        method = {CREATE: "POST", RETRIEVE: "GET", UPDATE: "PUT", DELETE: "DELETE"}[op]
        url = self.base + to + ("" if rcn is None else f"?rcn={rcn}")
        command = ["curl", "-s", "-S", "--max-time", "20", "-X", method, url, "-D", "-"]
        for header in (f"X-M2M-Origin: {ORIGINATOR}", f"X-M2M-RI: {rqi}", "X-M2M-RVI: 3"):
            command += ["-H", header]
        if pc is not None:
            media = "application/json" + ("" if ty is None else f";ty={ty}")
            command += ["-H", f"Content-Type: {media}", "--data-binary", json.dumps(pc)]
        out = subprocess.run(command, check=True, capture_output=True).stdout.decode()
        head, _, body = out.partition("\r\n\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
        assert headers["x-m2m-ri"] == rqi, head
        return int(headers["x-m2m-rsc"]), json.loads(body) if body else None


class Aiocoap:
    FR, RQI, RVI, TY, RSC = 279, 283, 271, 267, 307

    def __init__(self, server):
        import aiocoap

        self.server = server
        self.loop = asyncio.new_event_loop()
        self.context = self.loop.run_until_complete(
            aiocoap.Context.create_client_context(transports=["udp6"])
        )

    def ask(self, op, to, rqi, ty=None, pc=None, rcn=None):
        import aiocoap
        from aiocoap.numbers.optionnumbers import OptionNumber
        from aiocoap.optiontypes import OpaqueOption

        method = {
            CREATE: aiocoap.POST, RETRIEVE: aiocoap.GET, UPDATE: aiocoap.PUT, DELETE: aiocoap.DELETE
        }[op]
        uri = f"coap://{self.server}/{to}" + ("" if rcn is None else f"?rcn={rcn}")
        message = aiocoap.Message(code=method, uri=uri)
        options = [(self.FR, ORIGINATOR.encode()), (self.RQI, rqi.encode()), (self.RVI, b"3")]
        if ty is not None:
            options.append((self.TY, bytes([ty])))
        for number, value in options:
            message.opt.add_option(OpaqueOption(OptionNumber(number), value))
        message.opt.accept = 50
        if pc is not None:
            message.payload = json.dumps(pc).encode()
            message.opt.content_format = 50
        request = self.context.request(message).response
        response = self.loop.run_until_complete(asyncio.wait_for(request, 20))
        found = {int(o.number): o.encode() for o in response.opt.option_list()}
        assert found[self.RQI] == rqi.encode(), found
        body = json.loads(response.payload) if response.payload else None
        return int.from_bytes(found[self.RSC], "big"), body


def primitive(op, to, rqi, ty, pc, rcn):
    members = {"op": op, "to": to, "fr": ORIGINATOR, "rqi": rqi, "rvi": "3"}
    members |= {k: v for k, v in (("ty", ty), ("pc", pc), ("rcn", rcn)) if v is not None}
    return json.dumps(members)


class Paho:
    def __init__(self, server):
        import queue

        import paho.mqtt.client as mqtt

        host, port = server.rsplit(":", 1)
        self.answers = queue.Queue()
        subscribed = queue.Queue()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="plain")
        self.client.on_message = lambda _c, _u, message: self.answers.put(message)
        self.client.on_subscribe = lambda *_: subscribed.put(None)
        self.client.connect(host, int(port))
        self.client.loop_start()
        topics = [f"/oneM2M/resp/{ORIGINATOR}/+/+", "/oneM2M/reg_resp/plain/+/+"]
        self.client.subscribe([(topic, 1) for topic in topics])
        subscribed.get(timeout=20)

    def ask(self, op, to, rqi, ty=None, pc=None, rcn=None):
        registers = op == CREATE and ty == 2
        kind, who = ("reg_req", "plain") if registers else ("req", ORIGINATOR)
        topic = f"/oneM2M/{kind}/{who}/id-in/json"
        self.client.publish(topic, primitive(op, to, rqi, ty, pc, rcn), qos=1)
        message = self.answers.get(timeout=20)
        expected = "reg_resp" if registers else "resp"
        assert message.topic == f"/oneM2M/{expected}/{who}/id-in/json", message.topic
        answer = json.loads(message.payload)
        assert answer["rqi"] == rqi, answer
        return answer["rsc"], answer.get("pc")


class Websockets:
    def __init__(self, server):
        from websockets.sync.client import connect

        self.socket = connect(f"ws://{server}/", subprotocols=["oneM2M.json"])
        assert self.socket.subprotocol == "oneM2M.json"

    def ask(self, op, to, rqi, ty=None, pc=None, rcn=None):
        self.socket.send(primitive(op, to, rqi, ty, pc, rcn))
        answer = json.loads(self.socket.recv(timeout=20))
        assert answer["rqi"] == rqi, answer
        return answer["rsc"], answer.get("pc")


def main():
    binding, server = sys.argv[1:]
    client = {"http": Curl, "coap": Aiocoap, "mqtt": Paho, "ws": Websockets}[binding](server)
    count = 0

    def must(status, op, to, **more):
        nonlocal count
        count += 1
        found, content = client.ask(op, to, f"{binding}-{count}", **more)
        if found != status:
            sys.exit(f"{op} {to}: {found} instead of {status}: {content}")
        return content

    ae = {"rn": "plain", "api": "Nplain", "rr": False, "srv": ["3"]}
    made = must(2001, CREATE, "cse-in", ty=2, pc={"m2m:ae": ae})
    assert made["m2m:ae"]["aei"] == ORIGINATOR, made
    data = {"rn": "data", "mni": 2, "lbl": ["plain", "4 \u00b0C"]}
    must(2001, CREATE, "cse-in/plain", ty=3, pc={"m2m:cnt": data})
    for n in range(3):
        instance = {"rn": f"v{n}", "con": "x" * 700 * n, "cnf": "text/plain:0"}
        must(2001, CREATE, "cse-in/plain/data", ty=4, pc={"m2m:cin": instance})
    must(2004, UPDATE, "cse-in/plain/data", pc={"m2m:cnt": {"lbl": ["changed"]}})
    latest = must(2000, RETRIEVE, "cse-in/plain/data/la")
    assert latest["m2m:cin"]["rn"] == "v2", latest
    must(4004, RETRIEVE, "cse-in/plain/nothing")
    must(4105, CREATE, "cse-in/plain", ty=3, pc={"m2m:cnt": {"rn": "data"}})
    tree = must(2000, RETRIEVE, "cse-in/plain", rcn=4)
    must(2002, DELETE, "cse-in/plain")
    print(json.dumps(tree), flush=True)


main()
