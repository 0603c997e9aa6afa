"""Questions and answers that agents look up during a call: in both languages, in versions, found by words."""
