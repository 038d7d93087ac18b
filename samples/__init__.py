"""Sample invoices from invented data, and the demo that takes them through the fleet."""
