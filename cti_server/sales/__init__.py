"""Sales: products and prices, leads and opportunities, quotes, orders and payments, commission and forecast.

`tables` the schema, `rules` pure decisions, `queries` reads and writes, `pages`, `api`, `panel` what the agent sees of
it during a call.
"""
