"""Real mail clients, all with one signature: send(host, ca, port, user, password, sender, recipients, message).

The message is bytes with CRLF line ends. Each raises or returns False when the server refused."""

import pathlib
import smtplib
import ssl
import tempfile

from lab.box import NAME
from lab.world import BOX_TUNNEL


class PinnedName(smtplib.SMTP_SSL):
    """smtplib, connecting to an address but checking the certificate for the box's name."""

    def _get_socket(self, host, port, timeout):
        raw = smtplib.SMTP._get_socket(self, host, port, timeout)
        return self.context.wrap_socket(raw, server_hostname=NAME)


def with_smtplib(host, ca, port, user, password, sender, recipients, message):
    context = ssl.create_default_context(cafile=ca)
    with host.inside():
        if port == 465:
            client = PinnedName(BOX_TUNNEL, port, timeout=60, context=context)
        else:
            client = smtplib.SMTP(BOX_TUNNEL, port, timeout=60)
            client._host = NAME  # what the certificate is checked for
            client.starttls(context=context)
    with client:
        client.login(user, password)
        utf8 = any(ord(c) > 127 for c in sender + "".join(recipients))
        options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        client.sendmail(sender, recipients, message, mail_options=options)
    return True


def with_swaks(host, ca, port, user, password, sender, recipients, message):
    with tempfile.NamedTemporaryFile(suffix=".eml") as file:
        # swaks ends the last line by itself.
        file.write(message.replace(b"\r\n", b"\n").removesuffix(b"\n"))
        file.flush()
        done = host.run("swaks", "--server", BOX_TUNNEL, "--port", port, "-tlsc" if port == 465 else "-tls",
                        "--tls-verify-ca", "--tls-ca-path", ca, "--tls-sni", NAME,
                        "--auth", "PLAIN", "--auth-user", user, "--auth-password", password, "--from", sender,
                        "--to", ",".join(recipients), "--data", f"@{file.name}", "--pipeline", "-n",
                        check=False, timeout=180)
    return done.returncode == 0


def with_curl(host, ca, port, user, password, sender, recipients, message):
    with tempfile.NamedTemporaryFile(suffix=".eml") as file:
        file.write(message)
        file.flush()
        scheme = "smtps" if port == 465 else "smtp"
        done = host.run("curl", "-sS", "--url", f"{scheme}://{NAME}:{port}", "--resolve", f"{NAME}:{port}:{BOX_TUNNEL}",
                        "--ssl-reqd", "--cacert", ca, "--user", f"{user}:{password}", "--mail-from", sender,
                        *(a for r in recipients for a in ("--mail-rcpt", r)), "--upload-file", file.name,
                        check=False, timeout=180)
    return done.returncode == 0


def with_msmtp(host, ca, port, user, password, sender, recipients, message):
    done = host.run("msmtp", f"--host={BOX_TUNNEL}", f"--port={port}", "--tls=on",
                    f"--tls-starttls={'off' if port == 465 else 'on'}", f"--tls-trust-file={ca}",
                    f"--tls-host-override={NAME}", "--auth=plain", f"--user={user}",
                    f"--passwordeval=printf %s '{password}'", f"--from={sender}", "--", *recipients,
                    input=message.replace(b"\r\n", b"\n"), check=False, timeout=180)
    return done.returncode == 0


NODEMAILER = """
const nodemailer = require('nodemailer');
const fs = require('fs');
const o = JSON.parse(fs.readFileSync(0));
const transport = nodemailer.createTransport({host: o.address, port: o.port, secure: o.port === 465, requireTLS: true,
  auth: {user: o.user, pass: o.password}, tls: {ca: fs.readFileSync(o.ca), servername: o.name}});
transport.sendMail({envelope: {from: o.sender, to: o.recipients}, raw: fs.readFileSync(o.file)},
  error => { if (error) { console.error(error.message); process.exit(1); } });
"""


def with_nodemailer(host, ca, port, user, password, sender, recipients, message):
    import json
    with tempfile.TemporaryDirectory() as folder:
        program, file = pathlib.Path(folder, "send.js"), pathlib.Path(folder, "message.eml")
        program.write_text(NODEMAILER)
        file.write_bytes(message)
        options = {"address": BOX_TUNNEL, "port": port, "user": user, "password": password, "ca": str(ca),
                   "name": NAME, "sender": sender, "recipients": recipients, "file": str(file)}
        done = host.run("node", program, input=json.dumps(options), check=False, timeout=180)
    return done.returncode == 0


ALL = {"swaks": with_swaks, "curl": with_curl, "msmtp": with_msmtp, "smtplib": with_smtplib,
       "nodemailer": with_nodemailer}
