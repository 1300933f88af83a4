"""Send messages: render deliveries, claim and send them, and apply responses and receipts."""
