"""Real mail programs over both ports, messages of every shape: each arrives as it was sent, but for the trace header
and the headers that were completed."""

import random
import threading
import unittest
import uuid

from lab import clients, world
from lab.office import ADA, ADA_ADDRESS, ADA_PASSWORD, Office
from lab.wire import open_session

PORTS = (465, 587)


def text_lines(size, seed):
    """About `size` bytes of lines with CRLF ends."""
    random_lines = random.Random(seed)
    lines, length = [], 0
    while length < size:
        line = "".join(random_lines.choices("abcdefghijklmnop qrstuvwxyz.", k=min(72, size - length)))
        lines.append(line)
        length += len(line) + 2
    return ("\r\n".join(lines) + "\r\n").encode()


BODIES = {
    "1 byte": b"x\r\n",
    "4 KiB": text_lines(4096, 1),
    "dots": b".\r\n..\r\n...\r\n.a\r\n \r\n.\r\nend\r\n",
    "8 bit": "Gr\u00fc\u00dfe aus K\u00f6ln, \u00a1salud! \U0001f4ec\r\n".encode(),
}


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = cls.enterClassContext(Office())

    def send_and_compare(self, send, port, body, recipients=("friend@example.com",), extra=""):
        subject = f"client-{uuid.uuid4()}"
        header = f"From: Ada <{ADA_ADDRESS}>\r\nTo: {recipients[0]}\r\nSubject: {subject}\r\n{extra}"
        if any(byte > 127 for byte in body):
            header += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        message = header.encode() + b"\r\n" + body
        self.assertTrue(send(self.office.world.worker, self.office.ca, port, ADA, ADA_PASSWORD, ADA_ADDRESS,
                             list(recipients), message))
        for copy in self.office.smarthost.wait_for(subject, len(recipients), timeout=120):
            self.assert_same(header, body, copy)

    def assert_same(self, header, body, copy):
        head, _, rest = copy.partition(b"\n\n")
        sent = body.replace(b"\r\n", b"\n")
        self.assertEqual(len(rest), len(sent))
        self.assertTrue(rest == sent, "the body was changed")
        lines = head.decode().split("\n")
        kept = [line for line in header.split("\r\n")[:-1] if not line.startswith("Bcc:")]
        at = [lines.index(line) for line in kept]
        self.assertEqual(at, sorted(at), "header fields changed their order")
        names = [line.split(":")[0] for line in lines if line[:1] not in (" ", "\t")]
        added = [name for name in names if name not in {line.split(":")[0] for line in kept}]
        self.assertEqual(sorted(added), ["Date", "Message-ID", "Received"])
        self.assertNotIn("192.168.178.20", head.decode(), "the worker's home address leaked")

    def test_each_client_on_each_port(self):
        for name, send in clients.ALL.items():
            for port in PORTS:
                for shape, body in BODIES.items():
                    with self.subTest(client=name, port=port, body=shape):
                        self.send_and_compare(send, port, body)

    def test_25_mebibytes(self):
        body = text_lines(25 << 20, 2)
        for name, send in clients.ALL.items():
            with self.subTest(client=name):
                self.send_and_compare(send, 465 if name != "smtplib" else 587, body)

    def test_100_recipients(self):
        recipients = [f"friend{number}@example.com" for number in range(100)]
        for name, send in clients.ALL.items():
            with self.subTest(client=name):
                self.send_and_compare(send, 587, BODIES["4 KiB"], recipients)

    def test_bcc_goes_and_everything_else_stays(self):
        self.send_and_compare(clients.with_smtplib, 465, BODIES["1 byte"], extra="Bcc: hidden@example.com\r\nX-Odd:\r\n")

    def test_utf8_addresses(self):
        for name in ("smtplib", "wire"):
            with self.subTest(client=name):
                send = self.over_the_wire if name == "wire" else clients.with_smtplib
                self.send_and_compare(send, 465, BODIES["1 byte"], ("j\u00fcrgen@example.com",))

    def over_the_wire(self, host, ca, port, user, password, sender, recipients, message):
        with open_session(host, world.BOX_TUNNEL, self.office.tls(), user, password, port) as wire:
            self.assertTrue(wire.say(f"MAIL FROM:<{sender}> SMTPUTF8 BODY=8BITMIME").startswith("250"))
            for recipient in recipients:
                self.assertTrue(wire.say(f"RCPT TO:<{recipient}>").startswith("250"))
            self.assertTrue(wire.say("DATA").startswith("354"))
            wire.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            return wire.reply().startswith("250 2.0.0")

    def in_pieces(self, host, ca, port, user, password, sender, recipients, message):
        """BDAT (RFC 3030) in three pieces of odd sizes, the last one empty."""
        with open_session(host, world.BOX_TUNNEL, self.office.tls(), user, password, port) as wire:
            self.assertTrue(wire.say(f"MAIL FROM:<{sender}> BODY=8BITMIME").startswith("250"))
            self.assertTrue(wire.say(f"RCPT TO:<{recipients[0]}>").startswith("250"))
            half = len(message) // 2
            for piece in (message[:half], message[half:]):
                wire.send(f"BDAT {len(piece)}\r\n".encode() + piece)
                self.assertTrue(wire.reply().startswith("250"))
            return wire.say("BDAT 0 LAST").startswith("250 2.0.0")

    def in_one_go(self, host, ca, port, user, password, sender, recipients, message):
        """Everything pipelined: MAIL, RCPT and DATA in one write (RFC 2920)."""
        with open_session(host, world.BOX_TUNNEL, self.office.tls(), user, password, port) as wire:
            wire.send(f"MAIL FROM:<{sender}>\r\n" + "".join(f"RCPT TO:<{r}>\r\n" for r in recipients) + "DATA\r\n")
            for expected in ["250"] * (1 + len(recipients)) + ["354"]:
                self.assertTrue(wire.reply().startswith(expected))
            wire.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\nNOOP\r\n")
            return wire.reply().startswith("250 2.0.0")

    def test_bdat_and_pipelining(self):
        for port in PORTS:
            for shape, body in BODIES.items():
                with self.subTest(port=port, body=shape):
                    self.send_and_compare(self.in_pieces, port, body)
                    self.send_and_compare(self.in_one_go, port, body)

    def test_many_at_once(self):
        failures = []

        def one(number):
            try:
                self.send_and_compare(clients.with_smtplib, PORTS[number % 2], text_lines(4096, number))
            except Exception as error:  # reported below, with the number of the thread
                failures.append((number, error))

        threads = [threading.Thread(target=one, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])


if __name__ == "__main__":
    unittest.main()
