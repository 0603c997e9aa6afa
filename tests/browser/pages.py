"""Every page of the shop on the stage, with rows in it: paths as a person who may see everything gets them."""

PAGES = (
    *("/live", "/calls", "/recordings", "/recordings/1", "/follow-ups", "/follow-ups/voicemails"),
    *("/follow-ups/suggestions", "/customers", "/customers/1", "/customers/1/edit", "/customers/new"),
    *("/customers/fields", "/customers/imports", "/customers/duplicates", "/customers/1/privacy"),
    *("/customers/1/merges", "/rules", "/rules/firings", "/rules/new?subject=ticket", "/rules/1"),
    *("/knowledge", "/knowledge/1", "/knowledge/1/edit", "/knowledge/new", "/scripts", "/scripts/1", "/scripts/new"),
    *(
        "/webhooks",
        "/webhooks/1",
        "/wrapup/codes",
        "/desk",
        "/desk/deliveries",
        "/tickets",
        "/tickets/1",
        "/tickets/new",
    ),
    *("/tickets/contracts", "/tickets/contracts/1", "/tickets/contracts/new?customer=1", "/tickets/settings"),
    *("/tickets/mail", "/sales", "/sales/opportunities", "/sales/opportunities/1", "/sales/new?customer=1"),
    *("/sales/leads", "/sales/leads/1", "/sales/leads/new", "/sales/quotes", "/sales/quotes/1", "/sales/orders"),
    *("/sales/orders/1", "/sales/orders/new?customer=1", "/sales/quotes/new?opportunity=1", "/sales/returns"),
    *("/sales/products", "/sales/products/1", "/sales/products/new", "/sales/month", "/sales/quotas"),
    *("/sales/forecast", "/sales/attribution", "/sales/cross-sell"),
)
