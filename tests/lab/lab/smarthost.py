"""A real Postfix as the smart host: TLS, SASL login, everything delivered to one Maildir."""

import os
import pwd
import shutil

from lab.process import run, wait_until

NAME = "smarthost.example.net"
USER = "postern@example.net"
PASSWORD = "smart host secret 1"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = /var/log/lab-smarthost.log
myhostname = {name}
mydestination =
inet_interfaces = all
inet_protocols = all
smtputf8_enable = yes
message_size_limit = 80000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_destination_recipient_limit = 1000
virtual_destination_concurrency_limit = 20
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
smtpd_tls_session_cache_database =
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {folder}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_client_connection_count_limit = 0
smtpd_recipient_limit = 2000
smtpd_hard_error_limit = 200
biff = no
"""

MASTER = """\
587 inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
465 inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class SmartHost:
    """Runs on `host`; what it took is in received()."""

    def __init__(self, host, authority, address):
        self.host = host
        self.folder = host.folder / "smarthost"
        self.config = self.folder / "config"
        certificate, key = authority.issue(NAME, f"DNS:{NAME},IP:{address}")
        for sub in ("config", "queue", "data", "mail", "sasl"):
            (self.folder / sub).mkdir(parents=True)
        nobody = pwd.getpwnam("nobody")
        os.chown(self.folder / "mail", nobody.pw_uid, nobody.pw_gid)
        shutil.chown(self.folder / "data", "postfix")
        text = MAIN.format(folder=self.folder, name=NAME, certificate=certificate, key=key, uid=nobody.pw_uid,
                           gid=nobody.pw_gid)
        (self.config / "main.cf").write_text(text)
        (self.config / "master.cf").write_text(MASTER)
        database = self.folder / "sasl" / "sasldb2"
        (self.folder / "sasl" / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n")
        user, realm = USER.split("@")
        run(["saslpasswd2", "-p", "-c", "-f", database, "-u", realm, user], input=PASSWORD)
        shutil.chown(database, "postfix")
        self.start()

    def start(self):
        # Postfix's own command starts the master in the background and comes back when it is ready.
        self.host.run("postfix", "-c", self.config, "start")
        wait_until("the smart host's ports", lambda: self.host.run(
            "nc", "-z", "127.0.0.1", "587", check=False).returncode == 0)

    def stop(self):
        self.host.run("postfix", "-c", self.config, "stop", check=False)

    def received(self):
        """All messages delivered so far, as bytes with LF line ends, without the lines that Postfix's delivery adds."""
        folder = self.folder / "mail" / "all" / "new"
        return [strip_delivery(path.read_bytes()) for path in sorted(folder.glob("*"))] if folder.exists() else []

    def clear(self):
        for path in (self.folder / "mail" / "all").glob("new/*"):
            path.unlink()

    def wait_for(self, text, count=1, timeout=30):
        """Waits until `count` messages hold the text, and returns them."""
        needle = text if isinstance(text, bytes) else text.encode()

        def found():
            hits = [m for m in self.received() if needle in m]
            return hits if len(hits) >= count else None

        return wait_until(f"{count} message(s) with {text!r} at the smart host", found, timeout, every=0.1)

    def log(self):
        try:
            with open("/var/log/lab-smarthost.log") as log:
                return log.read()
        except FileNotFoundError:
            return ""


ADDED = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:")


def strip_delivery(message):
    """Removes what Postfix put in front: Return-Path, X-Original-To, Delivered-To and its own Received header."""
    lines = message.split(b"\n")
    while lines and lines[0].startswith(ADDED):
        lines.pop(0)
    if lines and lines[0].startswith(b"Received: from") and b"example" in b" ".join(lines[:4]):
        lines.pop(0)
        while lines and lines[0][:1] in (b" ", b"\t"):
            lines.pop(0)
    return b"\n".join(lines)
