"""`cti-server doctor`: what is wrong, in plain words, and how to mend it."""
