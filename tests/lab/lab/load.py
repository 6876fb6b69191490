"""Senders that never stop: what durability is tested under."""

import threading
import time

from lab.office import ADA, ADA_ADDRESS, ADA_PASSWORD
from lab.proof import letter
from lab.wire import open_session


class Load:
    """Threads that submit letters with numbered subjects until stop(); remembers which were answered 250."""

    def __init__(self, office, host, address, threads=8, prefix="load", pause=0.0, size=500):
        self.office, self.host, self.address, self.prefix, self.pause = office, host, address, prefix, pause
        self._body = ("x" * 70 + "\r\n") * (size // 72 + 1)
        self.acknowledged = set()
        self.refused = 0
        self.broken = 0
        self.replies = set()
        self._tls = office.tls()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, number):
        count = 0
        while not self._stop.is_set():
            try:
                with open_session(self.host, self.address, self._tls, ADA, ADA_PASSWORD) as wire:
                    while not self._stop.is_set():
                        count += 1
                        self._one(wire, f"{self.prefix}-{number}-{count}-")
                        time.sleep(self.pause)
            except (OSError, AssertionError):
                with self._lock:
                    self.broken += 1
                time.sleep(0.1)

    def _one(self, wire, subject):
        answer = wire.say(f"MAIL FROM:<{ADA_ADDRESS}>")
        if answer.startswith("250"):
            wire.say("RCPT TO:<friend@example.com>")
            answer = wire.say("DATA")
        if answer.startswith("354"):
            wire.send(letter(ADA_ADDRESS, subject, self._body) + b".\r\n")
            answer = wire.reply()
        with self._lock:
            self.replies.add(answer)
            if answer.startswith("250"):
                self.acknowledged.add(subject)
            elif answer:
                self.refused += 1
        if not answer.startswith("250"):
            wire.send("RSET\r\n")
            if not wire.reply().startswith("250"):
                raise ConnectionError("the session is over")
            time.sleep(0.05)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
