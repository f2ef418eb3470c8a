"""Asks the platform for jobs as a builder does: claims.py URLFILE KEYSFILE TIMES LABELS

Prints `median p99 slowest granted`, ms, of as many claims one after another, each from the sending to the answer.
"""
import json
import sys
import time
import urllib.parse

import pika

address, times, labels = open(sys.argv[1]).read().strip(), int(sys.argv[3]), sys.argv[4].split(",")
# The ids of `id@audience:base64`: what is sealed for this worker is sealed with one of them.
keys = [key.split("@")[0] for key in open(sys.argv[2]).read().replace(",", " ").split()]
connection = pika.BlockingConnection(pika.URLParameters(address))
channel = connection.channel()
login = urllib.parse.unquote(urllib.parse.urlsplit(address).username)
answers = []
channel.basic_consume("amq.rabbitmq.reply-to", lambda *delivery: answers.append(delivery[3]), auto_ack=True)
spans, granted = [], 0
for number in range(times):
    identity = f"bench-{time.time_ns()}"
    claim = {
        "worker": "bench", "id": identity, "life": "0", "scope": {"pool": "default", "labels": labels}, "keys": keys}
    start = time.perf_counter()
    channel.basic_publish("slipway.to.pipeline.rpc", "slipway.pipeline.rpc", json.dumps(claim), pika.BasicProperties(
        content_type="application/json", type="JobClaim", message_id=identity, correlation_id=identity,
        reply_to="amq.rabbitmq.reply-to", user_id=login))
    while not answers:
        connection.process_data_events(time_limit=30)
        if time.perf_counter() - start > 30:
            sys.exit("the platform does not answer")
    spans.append((time.perf_counter() - start) * 1000)
    answer = json.loads(answers.pop())
    if "granted" in answer:
        granted += 1
    elif "refused" not in answer:
        sys.exit(f"the platform says {answer}")
spans.sort()
print(f"{spans[times // 2]:.2f} {spans[times * 99 // 100]:.2f} {spans[-1]:.2f} {granted}")
