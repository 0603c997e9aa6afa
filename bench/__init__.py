"""What is measured, always beside something else in the same run. `python -m bench --list` says what there is."""
