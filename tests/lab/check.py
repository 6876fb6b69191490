#!/usr/bin/env python3
"""Proves the main job, step by step, on real parts; exit 0 only when every step held.

    check.py [--stay] [--mutant NAME]

--stay leaves the lab up afterwards until Ctrl-C. --mutant switches one protection off (test builds only): a proof that
still succeeds then proves nothing, and tests/lab/test_mutants.py looks at just that."""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lab import office as lab  # noqa: E402
from lab import proof, world  # noqa: E402


def steps(office):
    """Each step: what it shows, and the function that fails unless it holds."""
    return [
        ("a worker at home logs in through the tunnel and sends; it arrives at the smart host", proof.message_arrives),
        ("the 250 came after the message was on stable storage", proof.acknowledged_is_durable),
        ("each step stands in the ledger, and the ledger verifies", proof.ledger_tells_all),
        ("from the internet there is no banner, and no open port", proof.internet_is_refused),
        ("without a login nothing is taken, nor a login before TLS", proof.login_is_needed),
        ("a wrong password is refused", proof.wrong_password_is_refused),
        ("the right password from another person's device is refused", proof.other_device_is_refused),
        ("a foreign sender address is refused", proof.foreign_sender_is_refused),
        ("with the firewall away, the tunnel's listener still can't be reached from the LAN", proof.device_binding_holds),
        ("with the firewall away, a LAN address that isn't allowed still gets no banner", proof.source_check_holds),
    ]


def prove(office, say):
    for text, step in steps(office):
        start = time.monotonic()
        step(office)
        say(f"proved: {text} ({time.monotonic() - start:.1f} s)")


def introduce(office):
    """What a person needs to play with the lab."""
    print(f"""
The lab is up. The gateway's box: WAN {world.BOX_WAN}, LAN {world.BOX_LAN}, tunnel {world.BOX_TUNNEL} (WireGuard on UDP 51820).
People: {lab.ADA} / {lab.ADA_PASSWORD!r} (device of host "worker"), {lab.BOB} / {lab.BOB_PASSWORD!r} (host "other").
In another terminal:

  send as the worker:
    ./scripts/at worker swaks --server {world.BOX_TUNNEL} --port 465 -tlsc --auth PLAIN --auth-user {lab.ADA} \\
      --auth-password '{lab.ADA_PASSWORD}' --from {lab.ADA_ADDRESS} --to someone@example.com
  try as the attacker:
    ./scripts/at attacker swaks --server {world.BOX_WAN} --port 587 --timeout 5 --from {lab.ADA_ADDRESS} --to someone@example.com
  watch the ledger:
    ./scripts/at box posternctl ledger tail -f

Administration: ./scripts/at box posternctl status (more: posternctl --help). Ctrl-C ends the lab.
""", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("--mutant")
    options = parser.parse_args()
    began = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - began:6.1f} s] {text}", flush=True)

    try:
        with lab.Office(mutant=options.mutant, say=say) as office:
            prove(office, say)
            say("the main job is proved")
            if options.stay:
                introduce(office)
                while True:
                    time.sleep(3600)
    except KeyboardInterrupt:
        say("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
