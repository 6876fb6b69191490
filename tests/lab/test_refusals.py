"""Everything that must not get in: what the wire says, and what the ledger says about it."""

import socket
import time
import unittest

from lab import proof, world
from lab.office import ADA, ADA_ADDRESS, ADA_PASSWORD, BOB, BOB_ADDRESS, Office
from lab.wire import Wire, open_session, plain

GOOD_HEADER = f"From: {ADA_ADDRESS}\r\nTo: friend@example.com\r\nSubject: smuggled\r\n\r\n"

# What other servers took for the end of a message; only CRLF.CRLF is.
SMUGGLING = [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n\n.\r\n", b"\r\r\n.\r\n", b"\r\n.\r\r\n",
             b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\n.\r", b"\r.\n", b"\r\n\r.\r\n", b"\r\n.\n\r\n"]
INNER = f"MAIL FROM:<{ADA_ADDRESS}>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\n".encode()


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = cls.enterClassContext(Office(change=cls.change))
        cls.box = cls.office.box

    @staticmethod
    def change(config):
        config["submission"] = {"timeouts": {"before_login": "5s", "command": "300s", "data": "5s", "message": "8s"}}
        # The throttle has tests of its own; here each refusal is to show its own reason.
        config["login"] = {"throttle": {"per_account": 1000, "per_source": 1000}, "failure_delay": "200ms"}

    def tearDown(self):
        # Whatever was tried: nothing of it may have got to the smart host.
        self.assertEqual([m for m in self.office.smarthost.received() if b"smuggled" in m or b"victim" in m], [])

    def session(self, host=None, address=world.BOX_TUNNEL, login=True, port=465):
        user, password = (ADA, ADA_PASSWORD) if login else (None, None)
        return open_session(host or self.office.world.worker, address, self.office.tls(), user, password, port)

    def begin(self, wire):
        self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("250"))
        self.assertTrue(wire.say("RCPT TO:<friend@example.com>").startswith("250"))
        self.assertTrue(wire.say("DATA").startswith("354"))
        wire.send(GOOD_HEADER)

    def entry(self, **fields):
        return self.box.wait_for_entry(**fields)

    def test_the_internet_gets_no_banner(self):
        proof.internet_is_refused(self.office)

    def test_lan_without_login(self):
        with self.session(self.office.world.desk, world.BOX_LAN, login=False) as wire:
            self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("530 5.7.0"))
            self.assertTrue(wire.say("RCPT TO:<victim@example.com>").startswith("5"))
            self.assertTrue(wire.say("DATA").startswith("5"))
        self.entry(event="refuse", reason="no-auth")

    def test_login_before_tls(self):
        with Wire(self.office.world.worker, world.BOX_TUNNEL, 587) as wire:
            wire.reply()
            wire.say("EHLO x.example")
            self.assertTrue(wire.say(f"AUTH PLAIN {plain(ADA, ADA_PASSWORD)}").startswith("538"))
            self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("530"))
        self.entry(event="refuse", reason="auth-without-tls")

    def refused_login(self, reason, user, password, host=None, address=world.BOX_TUNNEL):
        with self.session(host, address, login=False) as wire:
            answer = wire.say(f"AUTH PLAIN {plain(user, password)}")
            self.assertTrue(answer.startswith("535 5.7.8"), answer)
            self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("530"))
        return answer, self.entry(event="login", reason=reason)

    def test_logins(self):
        other, desk = self.office.world.other, self.office.world.desk
        self.box.add_person("carla", "a fine long password", "carla@example.org")
        self.box.control("people", "suspend", "carla")
        answers = {
            self.refused_login("bad-password", ADA, "wrong")[0],
            self.refused_login("unknown-person", "nobody-here", "wrong")[0],
            self.refused_login("wrong-device", ADA, ADA_PASSWORD, other)[0],
            self.refused_login("locked", "carla", "a fine long password", desk, world.BOX_LAN)[0],
            self.refused_login("malformed", "Robert'); DROP--", "x")[0],
        }
        self.assertEqual(len(answers), 1, "the client can tell the reasons apart")

    def test_expired_account(self):
        self.box.add_person("emil", "yet another password", "emil@example.org")
        # The account phase is PAM's: the account expired in 1970 (field 8 of shadow).
        shadow = "/var/lib/extrausers/shadow"
        with open(shadow) as file:
            lines = [line.rstrip("\n").split(":") for line in file]
        for fields in lines:
            if fields[0] == "emil":
                fields[7] = "1"
        with open(shadow, "w") as file:
            file.write("".join(":".join(fields) + "\n" for fields in lines))
        with self.session(self.office.world.desk, world.BOX_LAN, login=False) as wire:
            self.assertTrue(wire.say(f"AUTH PLAIN {plain('emil', 'yet another password')}").startswith("535"))
        self.entry(event="login", reason="expired", account="emil")

    def test_authzid(self):
        with self.session(login=False) as wire:
            self.assertTrue(wire.say(f"AUTH PLAIN {plain(ADA, ADA_PASSWORD, BOB)}").startswith("535"))
        self.entry(event="refuse", reason="auth-identity")
        with self.session(login=False) as wire:
            self.assertTrue(wire.say(f"AUTH PLAIN {plain(ADA, ADA_PASSWORD, ADA)}").startswith("235"))

    def test_foreign_reverse_path(self):
        with self.session() as wire:
            for sender in (BOB_ADDRESS, "ceo@bank.example", ""):
                self.assertTrue(wire.say(f"MAIL FROM:<{sender}>").startswith("5"), sender)
        self.entry(event="refuse", reason="foreign-sender", argument=BOB_ADDRESS)

    def test_foreign_from(self):
        for header in (f"From: {BOB_ADDRESS}", f"From: {ADA_ADDRESS}\r\nFrom: {BOB_ADDRESS}",
                       f"From: {ADA_ADDRESS}, {BOB_ADDRESS}\r\nSender: {BOB_ADDRESS}",
                       f'From: "{ADA_ADDRESS}" <{BOB_ADDRESS}>', "Subject: no From at all"):
            with self.subTest(header), self.session() as wire:
                self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("250"))
                wire.say("RCPT TO:<victim@example.com>")
                wire.say("DATA")
                wire.send(f"{header}\r\nTo: victim@example.com\r\n\r\nsmuggled\r\n.\r\n")
                self.assertTrue(wire.reply().startswith("55"), header)
        self.entry(event="refuse", reason="foreign-author")

    def test_smuggling(self):
        for host, address in ((self.office.world.worker, world.BOX_TUNNEL), (self.office.world.desk, world.BOX_LAN)):
            for end in SMUGGLING:
                with self.subTest(host=host.name, end=end), self.session(host, address) as wire:
                    self.begin(wire)
                    wire.send(b"smuggled" + end + INNER + GOOD_HEADER.encode() + b"smuggled inner\r\n.\r\n")
                    answer = wire.reply()
                    self.assertTrue(answer.startswith("5"), answer)
                    self.assertTrue(wire.closed(), "the session went on")
        self.entry(event="abort", reason="bare-line-end")

    def test_bad_bytes_in_commands(self):
        for line in (b"NOOP\n", b"NOOP\rNOOP\r\n", b"NO\x00OP\r\n", b"NOOP\r\r\n"):
            for host, address in ((self.office.world.worker, world.BOX_TUNNEL), (self.office.world.desk, world.BOX_LAN)):
                with self.subTest(line=line, host=host.name), self.session(host, address) as wire:
                    wire.send(line + b"NOOP\r\n")
                    self.assertTrue(wire.reply().startswith("5"))
                    self.assertTrue(wire.closed())

    def test_injection_before_starttls(self):
        with Wire(self.office.world.worker, world.BOX_TUNNEL, 587) as wire:
            wire.reply()
            wire.say("EHLO x.example")
            wire.send("STARTTLS\r\nNOOP\r\n")
            self.assertTrue(wire.reply().startswith("5"))
            self.assertTrue(wire.closed())
        self.entry(event="refuse", reason="starttls-injection")

    def test_long_lines(self):
        with self.session() as wire:
            self.assertTrue(wire.say("NOOP " + "x" * 5000).startswith("500"))
        with self.session() as wire:
            self.begin(wire)
            wire.send("smuggled " + "x" * 2000 + "\r\n.\r\n")
            self.assertTrue(wire.reply().startswith("5"))

    def test_10000_recipients(self):
        with self.session() as wire:
            self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("250"))
            accepted = 0
            for number in range(10000):
                answer = wire.say(f"RCPT TO:<victim{number}@example.com>")
                if not answer.startswith("250"):
                    self.assertRegex(answer, "^(452 4.5.3|421)")
                    if answer.startswith("421") or not answer:
                        break
                else:
                    accepted += 1
            self.assertLessEqual(accepted, 1000)

    def test_size(self):
        with self.session() as wire:
            self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}> SIZE=99999999999").startswith("552 5.3.4"))
            self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}> SIZE=18446744073709551616").startswith("5"))

    def test_slow_loris(self):
        """A byte a second, before the login and in a message: each ends at its limit, however busy the line looks."""
        wire = Wire(self.office.world.worker, world.BOX_TUNNEL, 587)
        wire.reply()
        start = time.monotonic()
        with self.assertRaises((ConnectionError, AssertionError)):
            for byte in b"EHLO a-very-long-name-that-takes-its-time.example":
                wire.send(bytes([byte]))
                time.sleep(0.5)
            self.assertFalse(wire.closed())
        self.assertLess(time.monotonic() - start, 25)
        with self.session() as wire:
            self.begin(wire)
            start = time.monotonic()
            with self.assertRaises((ConnectionError, BrokenPipeError, OSError)):
                for _ in range(60):
                    wire.send("x")
                    time.sleep(0.5)
            self.assertLess(time.monotonic() - start, 25)

    def test_half_closed(self):
        """The client ends its side in the middle of a message: nothing of it may arrive."""
        for how in ("data", "bdat"):
            with self.subTest(how), self.session() as wire:
                self.assertTrue(wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("250"))
                self.assertTrue(wire.say("RCPT TO:<victim@example.com>").startswith("250"))
                if how == "data":
                    wire.say("DATA")
                    wire.send(GOOD_HEADER + "smuggled\r\n")
                else:
                    wire.send("BDAT 500 LAST\r\n" + GOOD_HEADER)
                wire.socket.unwrap() if how == "bdat" else wire.socket.shutdown(socket.SHUT_WR)
        self.entry(event="abort", reason="end-of-stream")


if __name__ == "__main__":
    unittest.main()
