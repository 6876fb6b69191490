"""The steps of the main job's proof. Each takes the office and fails by an AssertionError that says what was seen."""

import contextlib
import re
import socket
import uuid

from lab import clients, world
from lab.office import ADA, ADA_ADDRESS, ADA_PASSWORD, BOB_ADDRESS
from lab.process import wait_until
from lab.wire import Wire, open_session, plain

SUBMISSION_PORTS = (465, 587)


def letter(sender, subject, body="Hello.\r\n"):
    return (f"From: {sender}\r\nTo: friend@example.com\r\nSubject: {subject}\r\n\r\n{body}").encode()


def message_arrives(office):
    subject = f"proof {uuid.uuid4()}"
    assert clients.with_swaks(office.world.worker, office.ca, 465, ADA, ADA_PASSWORD, ADA_ADDRESS,
                              ["friend@example.com"], letter(ADA_ADDRESS, subject)), "swaks could not send"
    arrived = office.smarthost.wait_for(subject)
    assert len(arrived) == 1, f"{len(arrived)} copies arrived"
    office.proved_subject = subject


def submit(office, subject, wire):
    """One transaction on a session that is logged in; returns the reply to the message."""
    assert wire.say(f"MAIL FROM:<{ADA_ADDRESS}>").startswith("250"), "MAIL refused"
    assert wire.say("RCPT TO:<friend@example.com>").startswith("250"), "RCPT refused"
    assert wire.say("DATA").startswith("354"), "DATA refused"
    wire.send(letter(ADA_ADDRESS, subject) + b".\r\n")
    return wire.reply()


def acknowledged_is_durable(office):
    """Watches the vault's system calls during one transaction: a sync that succeeded must stand between the writing of
    the message and the answer to the submission service."""
    vault = office.box.daemons["vault"].pid
    trace = office.folder / "vault.trace"
    subject = f"durable-{uuid.uuid4()}"
    with open_session(office.world.worker, world.BOX_TUNNEL, office.tls(), ADA, ADA_PASSWORD) as wire:
        tracer = office.box.host.start("strace", [
            "strace", "-f", "-y", "-s", "65536", "-o", trace,
            "-e", "trace=fdatasync,fsync,write,writev,pwrite64,pwritev,pwritev2,send,sendto,sendmsg", "-p", vault])
        wait_until("strace to attach", lambda: "attached" in tracer.output() or not tracer.running())
        assert tracer.running(), tracer.output()
        answer = submit(office, subject, wire)
        tracer.kill(2)
    assert answer.startswith("250"), answer
    written = synced = answered = None
    for number, line in enumerate(trace.read_text(errors="replace").splitlines()):
        if written is None:
            if subject in line and "write" in line:
                written = number
        elif synced is None:
            if is_sync(line):
                synced = number
        elif answered is None and "socket:" in line and ("send" in line or "write" in line):
            answered = number
    assert written is not None, "the vault wrote no message"
    assert synced is not None, "the vault did not sync what it wrote"
    assert answered is not None, "the vault's answer did not come after the sync"


def is_sync(line):
    """A sync that succeeded; strace splits calls that another thread interrupts in the log."""
    return bool(re.search(r"(fdatasync|fsync)(\(\d+<[^>]*>\)| resumed>\))\s*= 0", line)
                or re.search(r"pwritev2\(.*RWF_DSYNC.*= \d+", line))


def ledger_tells_all(office):
    box = office.box
    delivered = box.wait_for_entry(event="delivered")
    queued = next(e for e in box.ledger() if e["event"] == "queued" and e["message"] == delivered["message"])
    # What doesn't belong to the message's own transaction may be a flush behind it.
    box.wait_for_entry(event="disconnect", session=queued["session"])
    entries = box.ledger()
    story = [e["event"] for e in entries
             if e.get("session") == queued["session"] or e.get("message") == queued["message"]]
    for event in ("connect", "tls", "login", "mail", "rcpt", "queued", "delivered"):
        assert event in story, f"the ledger has no {event!r} of that message: {story}"
    box.control("ledger", "verify")


def internet_is_refused(office):
    attacker = office.world.attacker
    for address in (world.BOX_WAN, world.BOX_WAN6, world.BOX_TUNNEL, world.BOX_LAN):
        for port in SUBMISSION_PORTS:
            assert not banner(attacker, address, port), f"{address} port {port} greets the internet"
    # The firewall's own share: a service that somebody starts on the box by mistake is not open to the world.
    with stray_service(office):
        for address in (world.BOX_WAN, world.BOX_WAN6):
            assert not connects(attacker, address, STRAY_PORT), f"{address} port {STRAY_PORT} is open to the internet"


STRAY_PORT = 8025


@contextlib.contextmanager
def stray_service(office):
    with office.box.host.inside():
        service = socket.create_server(("::", STRAY_PORT), family=socket.AF_INET6, dualstack_ipv6=True)
    assert connects(office.box.host, "127.0.0.1", STRAY_PORT), "the stray service itself does not answer"
    with service:
        yield


def connects(host, address, port, timeout=1.5):
    with host.inside():
        try:
            socket.create_connection((address, port), timeout).close()
            return True
        except OSError:
            return False


def banner(host, address, port, source=None, timeout=1.5):
    """Whether a server says anything at all there (for 465: whether it takes part in a handshake)."""
    with host.inside():
        try:
            connection = socket.create_connection((address, port), timeout, (source, 0) if source else None)
        except OSError:
            return False
    with connection:
        connection.settimeout(timeout)
        try:
            if port == 465:
                # The start of a TLS ClientHello record of no use: a TLS server answers with an alert.
                connection.sendall(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00")
            return bool(connection.recv(1))
        except OSError:
            return False


def login_is_needed(office):
    with open_session(office.world.desk, world.BOX_LAN, office.tls()) as wire:
        answer = wire.say(f"MAIL FROM:<{ADA_ADDRESS}>")
        assert answer.startswith("530"), answer
    with Wire(office.world.worker, world.BOX_TUNNEL, 587) as wire:
        wire.reply()
        answer = wire.say("EHLO client.example")
        assert "AUTH" not in answer, "AUTH is offered before TLS"
        answer = wire.say(f"AUTH PLAIN {plain(ADA, ADA_PASSWORD)}")
        assert answer.startswith("538"), answer


def refused_login(office, host, user, password):
    with open_session(host, world.BOX_TUNNEL, office.tls()) as wire:
        answer = wire.say(f"AUTH PLAIN {plain(user, password)}")
        assert answer.startswith("535"), f"login answered {answer!r}"
        answer = wire.say(f"MAIL FROM:<{ADA_ADDRESS}>")
        assert answer.startswith("530"), f"MAIL after the refused login answered {answer!r}"


def wrong_password_is_refused(office):
    refused_login(office, office.world.worker, ADA, "not the password")
    office.box.wait_for_entry(event="login", reason="bad-password")


def other_device_is_refused(office):
    refused_login(office, office.world.other, ADA, ADA_PASSWORD)
    office.box.wait_for_entry(event="login", reason="wrong-device")


def foreign_sender_is_refused(office):
    with open_session(office.world.worker, world.BOX_TUNNEL, office.tls(), ADA, ADA_PASSWORD) as wire:
        answer = wire.say(f"MAIL FROM:<{BOB_ADDRESS}>")
        assert answer.startswith("5"), f"a foreign reverse-path answered {answer!r}"


@contextlib.contextmanager
def firewall_away(office):
    """The box without its packet filter, to see what stands behind it; put back as it was."""
    host = office.box.host
    rules = host.run("nft", "list", "ruleset").stdout
    host.run("nft", "flush", "ruleset")
    try:
        yield
    finally:
        host.run("nft", "-f", "-", input=rules)


def device_binding_holds(office):
    with firewall_away(office):
        assert banner(office.world.desk, world.BOX_LAN, 587), "the LAN's own listener does not answer"
        for port in SUBMISSION_PORTS:
            # Not even a connection: what the daemon would do with it is another layer.
            assert not connects(office.world.desk, world.BOX_TUNNEL, port), \
                f"a LAN host reaches the tunnel's listener on port {port}"
            assert not connects(office.world.attacker, world.BOX_WAN, port), f"port {port} answers the internet"


def source_check_holds(office):
    with firewall_away(office):
        assert banner(office.world.desk, world.BOX_LAN, 587), "the LAN's own listener does not answer"
        for port in SUBMISSION_PORTS:
            assert not banner(office.world.stranger, world.BOX_LAN, port), \
                f"{world.STRANGER}, which is not allowed, gets a banner on port {port}"
    office.box.wait_for_entry(event="refuse", client=world.STRANGER)
