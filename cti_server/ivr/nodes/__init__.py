"""What an IVR script can do, one file each: an `async def` on the `Call` protocol that writes a step of the IVR path.

To add one, copy `play.py`, and name it in `cti_server/ivr/__init__.py`.
"""
