"""The one rules engine of the product: conditions in CEL, checked when saved, each firing logged and explained.

A context says what can be looked at and what can be done; a site says when. `engine` evaluates, `tables` keeps.
"""
