"""What a customer is worth, from the orders that sales knows: RFM scores, expected worth, tier and stage."""
