"""Money that goes back: what is owed, how far it has come, claims of guests, pay-outs by two persons."""
