"""The tests mirror cti_server/; `scenarios/` holds recorded calls, `live/` a real Asterisk with real SIP calls."""
