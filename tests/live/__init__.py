"""A private Asterisk, SIPp as callers and phones, and what they measure.

`conftest.py` starts the PBX and gives the fixtures; `script.py` is the language a SIP party is written in;
`sipp.py` runs one and reports what it sent and received, and when; `ami_probe.py` is a raw AMI client that keeps
every byte.
"""
