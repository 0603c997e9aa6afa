"""Recording: what Asterisk wrote becomes one sealed stereo file per agent leg, measured, listed and heard.

    Call (a leg ended) --rules.segments--> worker.Recorder --wav, audio--> seal.make --> row + sealed file
                                                                       pages, api <-- queries

`rules` is pure: which segments a call should have, what is wrong with what was found. `wav`, `levels`, `audio` work on
sound in blocks. `files` is the only place that makes a path. `seal` writes the file, reads it back and hashes it.
`worker` runs all this beside the loop and survives a restart. The originals go only after the sealed file is proved
readable. `pages` and `api` list and play; every play and download is audited.
"""
