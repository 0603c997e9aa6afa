"""IVR scripts that a site edits."""
