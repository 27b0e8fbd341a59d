"""The page on which a person pays, as a bank's or a wallet's app would show it."""
