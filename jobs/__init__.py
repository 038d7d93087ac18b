"""What producers and workers agree on: the wire contract, the errors, the store and the ledger."""
