"""The one rules engine of the product: conditions in CEL, checked when saved, each firing logged and explained.

    a context declares a Subject --engine.check--> problems in words, when a rule is saved
    something happens --firing.fire--> the active rules in their order --perform--> the context does it --> rule_firing

A context says what can be looked at and what can be done (`subject`, `kinds`); a site says when. `tree` reads CEL,
`checks` finds unknown names and kinds that do not go together, `evaluate` counts steps so that every rule ends. The
three are behind one small interface, `engine`. `firing` asks the rules; `tables` keeps them.
"""
