"""An SMTP client that sends exactly what it is told: for everything that a polite library would refuse to send."""

import base64
import socket
import ssl


class Wire:
    """One connection. `host` is the namespace that it comes from."""

    def __init__(self, host, address, port, tls=None, source=None, timeout=10):
        """With `tls` (an SSLContext) the connection begins with a handshake, as on port 465."""
        with host.inside():
            self.socket = socket.create_connection((address, port), timeout, (source, 0) if source else None)
        if tls:
            self.start_tls(tls)
        self._buffer = b""

    def start_tls(self, context):
        self._buffer = b""
        self.socket = context.wrap_socket(self.socket, server_hostname="mail.example.org")

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def line(self):
        """The next line without its end; b"" when the connection is closed."""
        while b"\r\n" not in self._buffer:
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
                more = b""
            if not more:
                return b""
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line

    def reply(self):
        """The next reply as text, its lines joined by newlines; "" when the connection is closed."""
        lines = []
        while True:
            line = self.line()
            if not line:
                return ""
            lines.append(line.decode(errors="backslashreplace"))
            if line[3:4] != b"-":
                return "\n".join(lines)

    def say(self, command):
        """Sends a command line and returns the reply."""
        self.send(command + "\r\n" if isinstance(command, str) else command + b"\r\n")
        return self.reply()

    def closed(self):
        """Whether the server has ended the connection (waits for it)."""
        return self.reply() == ""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def plain(user, password, authzid=""):
    """The initial response of AUTH PLAIN (RFC 4616)."""
    return base64.b64encode(f"{authzid}\0{user}\0{password}".encode()).decode()


def open_session(host, address, tls, user=None, password=None, port=465):
    """A connection that has greeted and, with a user, logged in; asserts that each step succeeds."""
    wire = Wire(host, address, port, tls if port == 465 else None)
    assert wire.reply().startswith("220 "), "no greeting"
    assert wire.say("EHLO client.example").startswith("250"), "EHLO refused"
    if port != 465:
        assert wire.say("STARTTLS").startswith("220"), "STARTTLS refused"
        wire.start_tls(tls)
        assert wire.say("EHLO client.example").startswith("250"), "EHLO refused"
    if user:
        answer = wire.say(f"AUTH PLAIN {plain(user, password)}")
        assert answer.startswith("235"), answer
    return wire
