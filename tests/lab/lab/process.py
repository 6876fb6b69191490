"""Running programs: each one that was started is remembered, and ended by its own pid."""

import os
import signal
import subprocess
import time


class CommandFailed(AssertionError):
    """A command that had to succeed did not; the message holds all that it said."""


def run(argv, *, check=True, input=None, timeout=60, env=None, cwd=None):
    """Runs a program to its end and returns the CompletedProcess, output as text (undecodable bytes escaped)."""
    if isinstance(input, str):
        input = input.encode()
    done = subprocess.run([str(a) for a in argv], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout, env=env, cwd=cwd,
                          stdin=subprocess.DEVNULL if input is None else None)
    done.stdout = done.stdout.decode(errors="backslashreplace")
    done.stderr = done.stderr.decode(errors="backslashreplace")
    if check and done.returncode != 0:
        raise CommandFailed(f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Process:
    """A program in the background, its output in a file."""

    def __init__(self, name, argv, log, env=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = log
        self.env = env
        self._popen = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env,
                                           start_new_session=True)

    @property
    def pid(self):
        return self._popen.pid

    def running(self):
        return self._popen.poll() is None

    def output(self):
        with open(self.log, errors="backslashreplace") as log:
            return log.read()

    def kill(self, how=signal.SIGKILL):
        """Sends a signal; waits for the end unless the signal only stops or continues."""
        if self.running():
            os.kill(self.pid, how)
        if how in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            self.wait()

    def wait(self, timeout=20):
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            raise AssertionError(f"{self.name} did not end within {timeout} s:\n{self.output()[-2000:]}") from None
        return self._popen.returncode


def wait_until(what, condition, timeout=20, every=0.02):
    """Polls until the condition holds and returns its value; fails naming what was waited for."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain for {what}")
        time.sleep(every)
