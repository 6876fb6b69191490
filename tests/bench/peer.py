"""Debian's Postfix as a submission server beside ours: same certificate, TLS, SASL login, durable queue, same sink."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from lab.process import run, wait_until  # noqa: E402
from lab.smarthost import MASTER  # noqa: E402

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = /var/log/bench-postfix.log
myhostname = mail.example.org
mydestination =
inet_interfaces = all
message_size_limit = 80000000
mailbox_size_limit = 0
relayhost = [{sink}]:{sink_port}
smtp_tls_security_level = secure
smtp_tls_CAfile = {ca}
smtp_tls_secure_cert_match = {sink_name}
smtp_tls_connection_reuse = yes
smtp_destination_concurrency_limit = 20
smtp_tls_loglevel = 0
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {folder}/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = 200
biff = no
"""


class Postfix:
    """`folder` must be on the disk that ours uses as well."""

    def __init__(self, host, folder, certificate, key, ca, sink, sink_port, sink_name, user, password):
        self.host = host
        self.config = folder / "config"
        for sub in ("config", "queue", "data", "sasl"):
            (folder / sub).mkdir(parents=True)
        shutil.chown(folder / "data", "postfix")
        (self.config / "main.cf").write_text(MAIN.format(
            folder=folder, certificate=certificate, key=key, ca=ca, sink=sink, sink_port=sink_port, sink_name=sink_name))
        (self.config / "master.cf").write_text(MASTER.replace("tlsmgr unix", "tlsproxy unix - - n - 0 tlsproxy\ntlsmgr unix", 1))
        database = folder / "sasl" / "sasldb2"
        (folder / "sasl" / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {database}\nmech_list: PLAIN LOGIN\n")
        name, realm = user.split("@")
        run(["saslpasswd2", "-p", "-c", "-f", database, "-u", realm, name], input=password)
        shutil.chown(database, "postfix")
        host.run("postfix", "-c", self.config, "start")
        wait_until("Postfix's ports", lambda: host.run("nc", "-z", "127.0.0.1", "465", check=False).returncode == 0)

    def queue_empty(self):
        return not any(files for _, _, files in
                       (entry for sub in ("active", "incoming", "deferred", "maildrop")
                        for entry in os.walk(self.config.parent / "queue" / sub)))

    def stop(self):
        self.host.run("postfix", "-c", self.config, "stop", check=False)


def cpu_seconds(host):
    """What the processes on a host have used so far, those that they have waited for included."""
    ticks = 0
    for pid in host.run("ip", "netns", "pids", host.name).stdout.split():
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = stat.rsplit(")", 1)[1].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
